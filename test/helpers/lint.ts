/** Rules that are read from the catalogue. Each is shown to hold, and to be able to fail. */
import type { TestFn } from 'ava';
import { type Database, rolledBack } from './database.ts';

/** A rule: a query for what breaks it, as a column `problem`, and DDL that does. */
export type Rule = {
  rule: string;
  sql: string;
  broken: { by: string; reports: RegExp }[];
};

/** The tables, views, indexes and functions that are ours. */
export const ourSchemas = `('bulkhead', 'bulkhead_private', 'bulkhead_partitions')`;

/** Tests a rule on the migrated database, and that it reports each breach. */
export function testRule<Context>(test: TestFn<Context>, database: Database, rule: Rule) {
  test(rule.rule, async (t) => {
    const { rows } = await database.pool.query(rule.sql);
    t.deepEqual(rows, []);
  });
  // One after the other: DDL of two tests at once could deadlock.
  test.serial(`${rule.rule}: what breaks this is reported`, async (t) => {
    for (const { by, reports } of rule.broken) {
      await rolledBack(database.pool, async (client) => {
        await client.query(by);
        const { rows } = await client.query(rule.sql);
        const problems = rows.map((row) => row.problem);
        t.true(
          problems.some((problem) => reports.test(problem)),
          `${by}\n${problems.join('\n') || 'nothing'} was reported`,
        );
      });
    }
  });
}
