/** What is planned: how much there will be, what is done with it, and on which machine. */
import { BulkheadError } from '../errors.ts';
import { readBytes, readCount, readRate, readTime, showNumber } from './units.ts';

/** Times in milliseconds, sizes in bytes. */
export type PlanInput = {
  suites: number;
  /** In each suite. */
  cases: number;
  /** On each case, beside the one that the bulk puts on. */
  tags: number;
  /** Cases that one bulk change tags. */
  bulk: number;
  /** Per second, in all suites together. */
  appends: number;
  /** Cases in one append. */
  perAppend: number;
  /** What a chunk aims at. */
  chunk: number;
  caseBytes: number;
  keyBytes: number;
  tagBytes: number;
  /** Earlier versions that there are of each case: 0.1 is one case in ten edited once. */
  edits: number;
  bulksPerDay: number;
  /** What the service of the old design spends on a row of a bulk beside the statement. */
  rowTime: number;
  cores: number;
  memory: number;
  disk: number;
  /** max_connections of the server. */
  connections: number;
};

/** A value of the input: how the flag is written, what it says, what it is unless said, and how it is read. */
export type PlanFlag = {
  name: keyof PlanInput;
  flag: string;
  value: string;
  what: string;
  otherwise: string;
  read: (text: string, range: { flag: string; least: number; most: number }) => number;
  least: number;
  most: number;
};

const GiB = 1024 ** 3;

/** All values, in the order in which the help lists them. */
// biome-ignore format: a table is read by its columns
export const planFlags: readonly PlanFlag[] = [
  { name: 'suites', flag: '--suites', value: '<n>', what: 'suites', otherwise: '50', read: readCount, least: 1, most: 10_000_000 },
  { name: 'cases', flag: '--cases', value: '<n>', what: 'cases in each suite', otherwise: '100000', read: readCount, least: 1, most: 10_000_000_000 },
  { name: 'tags', flag: '--tags', value: '<n>', what: 'tags on each case', otherwise: '4', read: readCount, least: 0, most: 1000 },
  { name: 'bulk', flag: '--bulk', value: '<n>', what: 'cases that one bulk change tags', otherwise: '20000', read: readCount, least: 1, most: 10_000_000_000 },
  { name: 'appends', flag: '--appends', value: '<n>', what: 'appends per second, in all suites together', otherwise: '20', read: readRate, least: 0, most: 1_000_000 },
  { name: 'perAppend', flag: '--per-append', value: '<n>', what: 'cases in one append', otherwise: '1', read: readCount, least: 1, most: 10_000 },
  { name: 'chunk', flag: '--chunk', value: '<time>', what: 'what a chunk aims at', otherwise: '35ms', read: readTime, least: 1, most: 250 },
  { name: 'caseBytes', flag: '--case-bytes', value: '<bytes>', what: 'input and expected output of a case', otherwise: '600', read: readBytes, least: 1, most: GiB / 4 },
  { name: 'keyBytes', flag: '--key-bytes', value: '<bytes>', what: 'external key of a case', otherwise: '24', read: readBytes, least: 1, most: 512 },
  { name: 'tagBytes', flag: '--tag-bytes', value: '<bytes>', what: 'name of a tag', otherwise: '12', read: readBytes, least: 1, most: 63 },
  { name: 'edits', flag: '--edits', value: '<n>', what: 'earlier versions of each case', otherwise: '0.1', read: readRate, least: 0, most: 1000 },
  { name: 'bulksPerDay', flag: '--bulks-per-day', value: '<n>', what: 'bulk changes a day, in all suites together', otherwise: '10', read: readRate, least: 0, most: 1_000_000 },
  { name: 'rowTime', flag: '--row-time', value: '<time>', what: 'what the old service does on a row beside its statement; 675ms in the incident', otherwise: '0ms', read: readTime, least: 0, most: 60_000 },
  { name: 'cores', flag: '--cores', value: '<n>', what: 'cores of the database machine', otherwise: '4', read: readCount, least: 1, most: 1024 },
  { name: 'memory', flag: '--memory', value: '<bytes>', what: 'memory of that machine', otherwise: '16GiB', read: readBytes, least: GiB / 4, most: 1024 * 1024 * GiB },
  { name: 'disk', flag: '--disk', value: '<bytes>', what: 'its disk', otherwise: '500GiB', read: readBytes, least: GiB, most: 1024 ** 3 * GiB },
  { name: 'connections', flag: '--connections', value: '<n>', what: 'max_connections of the server', otherwise: '100', read: readCount, least: 10, most: 100_000 },
];

/** Reads the flags that were given; what was not is as the table above has it. */
export function readPlanInput(given: Partial<Record<keyof PlanInput, string>>): PlanInput {
  const values = planFlags.map(({ name, flag, read, otherwise, least, most }) => [
    name,
    read(given[name] ?? otherwise, { flag, least, most }),
  ]);
  const input: PlanInput = Object.fromEntries(values);
  if (input.bulk > input.cases)
    throw new BulkheadError(
      'BAD_ARGUMENT',
      `--bulk ${showNumber(input.bulk)} is more than the ${showNumber(input.cases)} cases of a suite`,
      {
        detail: 'A bulk change is of one suite.',
        hint: 'Give --bulk as many as --cases at most, or raise --cases.',
      },
    );
  return input;
}
