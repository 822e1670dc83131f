/** What a plan takes from measurements and settings and not from arithmetic: the one table of it. */

/** How fast a server is. Times in milliseconds, of one link or case among many in microseconds. */
export type Speed = {
  /** Where the figures were measured. */
  source: string;
  /** Of a chunk, whatever its size: finding its cases, change log, progress. */
  chunkBase: number;
  /** Of a chunk for each link that it makes, in microseconds. */
  link: number;
  /** A commit until the WAL is on disk, with the way there and back. */
  commit: number;
  /** The longest of a bulk's chunks, 95 of 100 being shorter, as a multiple of what chunks aim at. */
  chunkSpread: number;
  /** One append of one case, with its commit: the middle one, and 95 of 100. */
  append: number;
  appendP95: number;
  /** An append for each further case, in microseconds. */
  appendCase: number;
  /** That p95 while a bulk change runs, as a multiple. */
  slowdown: number;
  /** A statement of the old design, which makes one row, with the way there and back. */
  oldRow: number;
};

/** Without --measure: the median of five runs of `bulkhead plan --measure`. */
export const defaultSpeed: Speed = {
  source: 'a virtual machine of 2 cores (AMD EPYC), PostgreSQL 18.4, local disk with fsync',
  chunkBase: 1.4,
  link: 20,
  commit: 0.4,
  chunkSpread: 1.2,
  append: 2.7,
  appendP95: 3.9,
  appendCase: 160,
  slowdown: 1.4,
  oldRow: 0.25,
};

/** What is set in the database, in a worker or in the API server. test/plan/settings.test.ts holds these to it. */
export const settings = {
  /** Hash partitions of cases and of links. */
  partitions: 32,
  /** Cases in the first chunk of an operation, and in any chunk at the least and most. */
  firstChunk: 500,
  leastChunk: 20,
  mostChunk: 5000,
  /** Milliseconds that chunks aim at, and after which the server ends one, to be tried again with fewer cases. */
  chunkTarget: 35,
  chunkCeiling: 250,
  changeLogDays: 30,
  /** Operations that one worker runs at once, each of another suite, and its connections. */
  workerSuites: 4,
  workerConnections: 8,
  /** Connections of an API server as the owner: to sign in, and to listen. */
  ownerConnections: 3,
  /** Connections of all API servers together as bulkhead_api. */
  apiConnections: 100,
} as const;

/** What is neither measured nor set. */
export const assumed = {
  /** Milliseconds from a submission's commit until a worker runs its first chunk: NOTIFY, and a job to fetch. */
  pickUp: 10,
  /** Microseconds of a submission for each case that the selection matches: they are counted. */
  count: 1,
  /** What is left of text by pglz, and of arrays of ascending ids; English of 2 to 18 kB came to 0.61 to 0.47. */
  compressedText: 0.55,
  compressedIds: 0.45,
} as const;

/**
 * How full the leaves of a B-tree are in a store that is in use. 0.9 is what PostgreSQL leaves when all rows come in order;
 * pages that split in the middle are half full, and the steady state of rows in any order is 0.69. Read with pgstatindex.
 */
export const leafFill = {
  /** Cases go in by external key, so that ids of one append are not in order. */
  cases: 0.65,
  keys: 0.67,
  /** Each bulk puts a link between the others of each case. */
  links: 0.56,
  /** A tag's links end in the middle of the index: the next one splits a page in half. */
  tags: 0.54,
  /** In order, on the right edge of each suite. */
  history: 0.8,
} as const;

/** What of a machine may be used, and what it is taken to do. */
export const reserves = {
  /** Of memory, for what is cached of tables and indexes (shared_buffers and the system's cache). */
  cache: 0.6,
  /** Of disk that may be full. */
  disk: 0.7,
  /** Of the cores' time that may be used. */
  cores: 0.7,
  /** Bytes that VACUUM reads a second, and how long one run of it on a partition may take. */
  vacuumPerSecond: 50 * 1024 ** 2,
  vacuumSeconds: 3600,
  /** max_wal_size, which is on the same disk. */
  wal: 2 * 1024 ** 3,
} as const;
