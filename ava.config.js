/**
 * How the tests are run. Most of them wait: for PostgreSQL, for a process that they have started, for
 * a worker that has to notice that another one is dead. So one more file runs than there are cores, and
 * those that take longest begin, so that at the end no core is left alone with one of them.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

// The YAML in ava's TAP refuses fields that are undefined: an error with one ended the whole run, and the test was not named.
const yaml = createRequire(import.meta.resolve('supertap'))('js-yaml');
const { safeDump } = yaml;
yaml.safeDump = (value, options) => safeDump(value, { ...options, skipInvalid: true });

/** Files that take more than ten seconds, the longest first, and folders whose files start processes. */
const longest = [
  'test/worker/kill.test.ts',
  'test/concurrency/storm.test.ts',
  'test/runbooks/restore-from-backup.test.ts',
  'test/docs/cli.test.ts',
  'test/cli/operations.test.ts',
  'test/worker/restart.test.ts',
  'test/access/graphql-walk.test.ts',
  'test/adopt/',
  'test/cli/',
  'test/runbooks/',
  'test/worker/',
  'test/plan/',
  'test/bench/',
  'test/browser/',
];

const rank = (file) => {
  const path = file.replaceAll('\\', '/');
  const at = longest.findIndex((start) => path.includes(start));
  return at === -1 ? longest.length : at;
};

export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  timeout: '2m',
  concurrency: availableParallelism() + 1,
  sortTestFiles: (one, other) => rank(one) - rank(other) || one.localeCompare(other),
  workerThreads: false,
};
