/**
 * promptfoo renders every text of a test as a Nunjucks template, reads files for `file://`, loads code
 * for `package:`, and trims. A text inside `{% raw %}` is left alone; two things are not, even there:
 * the ends of the block itself, and `{{name}}`, which promptfoo replaces before Nunjucks sees it.
 * Both are broken up by writing their first brace as an expression.
 */
const RAW = '{% raw %}';
const END = '{% endraw %}';
const BRACE = `${END}{{ '{' }}${RAW}`;

/** The text as promptfoo takes it for this very text. */
export function escapeTemplate(text: string): string {
  const plain =
    text !== '' &&
    text.trim() === text &&
    !/\{[{%#]/.test(text) &&
    !/^(file:\/\/|package:)/.test(text);
  if (plain) return text;
  return `${RAW}${text.replace(/\{(?=[{%#]|$)/g, BRACE)}${END}`;
}

/** The opposite of `escapeTemplate`; a template of somebody else's stays as it is. */
export function unescapeTemplate(text: string): string {
  if (!text.startsWith(RAW) || !text.endsWith(END) || text.length < RAW.length + END.length) {
    return text;
  }
  const inner = text.slice(RAW.length, -END.length);
  return inner.replaceAll(BRACE, '{');
}
