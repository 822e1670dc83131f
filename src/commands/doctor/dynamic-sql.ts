/** Finds SQL that a function puts together from text without quoting it. A heuristic: it reads each EXECUTE, not what led to it. */

/** Functions that put text together in another way, and why that is safe. */
const reviewed: Record<string, string> = {
  'bulkhead_private.preview': 'its condition is of selection_sql, which quotes every value',
  'bulkhead_private.selected_targets': 'its scan and condition are of selection_sql, or have %L',
  'bulkhead_private.submit_payload': 'its arguments are names of the catalogue with %I, and types',
  'bulkhead_private.keep_frozen_cases': 'its table is a regclass, which PostgreSQL quotes itself',
  'bulkhead_private.log_truncation': 'its table is a regclass, which PostgreSQL quotes itself',
};

/** What gives text that is SQL, with every value quoted. */
const quoting =
  /\b(?:(?:bulkhead_private\.)?(?:selection_sql|selection_source|route_sql)|quote_ident|quote_literal|quote_nullable)\s*\([^()]*\)/gi;
const word = /\bexecute\b/gi;

/** The EXECUTE statements of a function's body that have text in them which nothing has quoted; none for a function that was reviewed. */
export function findUnquoted(name: string, body: string): string[] {
  if (name in reviewed) return [];
  const text = body.replace(/--[^\n]*/g, '').replace(/\/\*[\s\S]*?\*\//g, '');
  const literals: string[] = [];
  // literals out of the way: a semicolon or the word execute in one of them is no SQL of the function's
  const bare = text.replace(/'(?:[^']|'')*'/g, (literal) => `'${literals.push(literal) - 1}'`);
  return [...bare.matchAll(word)]
    .map(({ index }) => /^[^;]*/.exec(bare.slice(index))?.[0] ?? '')
    .filter((statement) => !isQuoted(statement, literals))
    .map((statement) => statement.replace(/'(\d+)'/g, (_, at) => literals[Number(at)] ?? ''));
}

/** Whether a statement executes literals, calls that quote, and format() with %I and %L alone. */
function isQuoted(statement: string, literals: string[]): boolean {
  const [made = ''] = statement.replace(word, '').split(/\b(?:into|using|loop)\b/i);
  const format = /^\s*\(?\s*(?:pg_catalog\.)?format\s*\(((?:\s*'\d+')+)/i.exec(made);
  if (format) {
    const template = [...(format[1] ?? '').matchAll(/\d+/g)].map(([at]) => literals[Number(at)]);
    return !/%(?:\d+\$)?-?\d*s/.test(template.join('')) && !/\|\|/.test(made);
  }
  const rest = made.replace(quoting, '').replace(/'\d+'|\|\|/g, '');
  return rest.trim() === '';
}
