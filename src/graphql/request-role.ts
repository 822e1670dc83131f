/** What a connection for requests may do: what the role of requests may, and that not for ever. */

import { limits } from './limits.ts';

const role = 'bulkhead_user';

/**
 * The same login, as the role of requests from the first statement on. Setting the role for each
 * request would take a transaction of four statements for each query, as long as a page of cases.
 */
export function withRequestRole(apiUrl: string): string {
  const url = new URL(apiUrl);
  const given = url.searchParams.get('options');
  // compiling a query of many relations takes seconds, and reading its pages milliseconds
  const options = `-c role=${role} -c statement_timeout=${limits.statementSeconds}s -c jit=off`;
  url.searchParams.set('options', given ? `${given} ${options}` : options);
  return url.href;
}
