import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../demo/material');

/** A fact of the invented product's documentation, and the ways in which people ask for it. */
export type Fact = {
  slug: string;
  document: string;
  tags: string[];
  answer: string;
  questions: { text: string; language: string }[];
};

/** Reads a table of the material: `a | b | c` a line, the first line being a heading. */
export function readTable(name: string): string[][] {
  return readLines(name).map((line) =>
    line.split(' | ').map((cell) => cell.trim().replaceAll('\\n', '\n')),
  );
}

/**
 * Reads facts: `== document | title`, then for each fact `# slug | tags`, a line with the answer,
 * and lines `- question` or `- de: question in German`.
 */
export function readFacts(name: string): Fact[] {
  const facts: Fact[] = [];
  let document = '';
  for (const line of readLines(name, '== ')) {
    const fact = facts.at(-1);
    if (line.startsWith('== ')) {
      document = line.slice(3).split(' | ')[0] ?? '';
    } else if (line.startsWith('# ')) {
      const [slug = '', tags = ''] = line.slice(2).split(' | ');
      facts.push({ slug, document, tags: tags.split(' '), answer: '', questions: [] });
    } else if (fact !== undefined && line.startsWith('- ')) {
      const [, language = 'en', text = ''] = /^- (?:([a-z]{2}): )?(.*)$/.exec(line) ?? [];
      fact.questions.push({ text, language });
    } else if (fact !== undefined) {
      fact.answer = line;
    }
  }
  return facts;
}

function readLines(name: string, heading = ''): string[] {
  const lines = readFileSync(join(FOLDER, `${name}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return heading === '' ? lines.filter((line) => !line.startsWith('# ')) : lines;
}
