/** How much one request may ask for. The numbers are API: they stand in the schema's documentation. */

export const limits = {
  /** Rows of one page where the query does not say. */
  page: 50,
  /** Rows of one page at most. */
  maxPage: 500,
  /** Levels of fields, introspection left out. */
  depth: 12,
  /** Objects that a query may ask for: the sizes of its pages, multiplied along their nesting. */
  cost: 20_000,
  /** Fields in a document, each alias and each use of a fragment counted. */
  fields: 500,
  /** Fields at the top of an operation: how many mutations, or functions, one request may call. */
  topFields: 20,
  /** Characters of a document. */
  document: 20_000,
  /** Bytes of a request; an append of 10,000 cases of 1.5 kB each fits. */
  body: 16 * 1024 * 1024,
  /** Seconds that one statement of a request may take: longer than any page or append does. */
  statementSeconds: 30,
  /** Connections of one server to the database for requests; the role bulkhead_api has 100 for all servers. */
  connections: 20,
  /** Connections of one server for appends and pulls over HTTP; whatever comes beyond that waits. */
  transfers: 6,
  /** Milliseconds for which it waits. */
  transferWait: 30_000,
  /** Sockets that one token or session may have open. */
  sockets: 50,
  /** Subscriptions of one socket. */
  subscriptions: 100,
} as const;
