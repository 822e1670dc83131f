/** What a tag name looks like; the database holds the same rule as a constraint. */
export const TAG_NAME = /^[a-z0-9][a-z0-9_.:/-]{0,62}$/;

/**
 * Makes a tag name from any text, as `bulkhead.normalize_tag` does: lower case, each run of other
 * characters one underscore, trimmed, at most 63 characters. Null when nothing is left.
 */
export function normalizeTag(text: string): string | null {
  if (TAG_NAME.test(text)) return text;
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9_.:/-]+/g, '_')
    .replace(/^[_.:/-]+/, '')
    .slice(0, 63)
    .replace(/[_.:/-]+$/, '');
  return name === '' ? null : name;
}

/** The tags of one import: which names the file uses, and what the normalised ones were called. */
export type TagBook = {
  /** The name for a tag value of the file; null when no name can be made of it. */
  nameOf(text: string): string | null;
  /** Every name used, with the meaning for its dictionary entry if it has to be defined. */
  meanings(): Record<string, string>;
  /** The names that differ from what the file says: name and the spellings that led to it. */
  normalized(): { name: string; from: string[] }[];
};

/** Makes an empty tag book. */
export function makeTagBook(): TagBook {
  const names = new Map<string, string | null>();
  const spellings = new Map<string, string[]>();
  return {
    nameOf(text) {
      const known = names.get(text);
      if (known !== undefined) return known;
      const name = normalizeTag(text);
      names.set(text, name);
      if (name !== null) spellings.set(name, [...(spellings.get(name) ?? []), text]);
      return name;
    },
    meanings() {
      const entries = [...spellings].map(([name, texts]) => {
        const others = texts.filter((text) => text !== name);
        return [name, others.join(' / ')] as const;
      });
      return Object.fromEntries(entries);
    },
    normalized() {
      return [...spellings]
        .map(([name, texts]) => ({ name, from: texts.filter((text) => text !== name) }))
        .filter(({ from }) => from.length > 0)
        .sort((a, b) => a.name.localeCompare(b.name, 'en'));
    },
  };
}
