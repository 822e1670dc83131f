/** What a connection for requests may do: what the role of requests may, and that not for ever. */

const role = 'bulkhead_user';

/** Longer than any page or append takes; long work is done by operations, not by requests. */
const statementTimeout = '30s';

/**
 * The same login, as the role of requests from the first statement on. Setting the role for each
 * request would take a transaction of four statements for each query, as long as a page of cases.
 */
export function withRequestRole(apiUrl: string): string {
  const url = new URL(apiUrl);
  const given = url.searchParams.get('options');
  const options = `-c role=${role} -c statement_timeout=${statementTimeout}`;
  url.searchParams.set('options', given ? `${given} ${options}` : options);
  return url.href;
}
