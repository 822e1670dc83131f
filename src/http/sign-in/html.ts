/** HTML from templates: what is filled in is text, unless it is HTML already. */

/** Text that is safe to send as HTML. */
export type Html = { readonly html: string };

type Value = Html | string | number | undefined | false | readonly Html[];

/** Tag of a template whose values are escaped; a missing or false one is left out. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  const [first = '', ...rest] = parts;
  return { html: rest.reduce((text, part, at) => text + write(values[at]) + part, first) };
}

function write(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'object')
    return 'html' in value ? value.html : value.map((one) => one.html).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
