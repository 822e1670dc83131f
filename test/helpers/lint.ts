/** Rules that are read from the catalogue. Each is shown to hold, and to be able to fail. */
import type { TestFn } from 'ava';
import type { Queryable } from './cases.ts';
import { type Database, rolledBack } from './database.ts';
import { forbiddenBy } from './records.ts';

/** A rule: a query for what breaks it, as a column `problem`, and DDL that does. */
export type Rule = {
  rule: string;
  sql: string;
  broken: { by: string; reports: RegExp }[];
};

/** The tables, views, indexes and functions that are ours. */
export const ourSchemas = `('bulkhead', 'bulkhead_private', 'bulkhead_partitions')`;

/** What breaks a rule, each with the decision record that forbids it. */
export async function breachesOf(db: Queryable, { rule, sql }: Pick<Rule, 'rule' | 'sql'>) {
  const { rows } = await db.query(sql);
  return rows.map(({ problem }): string => `${problem}${forbiddenBy(rule)}`);
}

/** Tests a rule on the migrated database, and that it reports each breach, with the record that forbids it. */
export function testRule<Context>(test: TestFn<Context>, database: Database, rule: Rule) {
  test(rule.rule, async (t) => {
    t.deepEqual(await breachesOf(database.pool, rule), []);
  });
  // One after the other: DDL of two tests at once could deadlock.
  test.serial(`${rule.rule}: what breaks this is reported`, async (t) => {
    for (const { by, reports } of rule.broken) {
      await rolledBack(database.pool, async (client) => {
        await client.query(by);
        const problems = await breachesOf(client, rule);
        t.true(
          problems.some(
            (problem) => reports.test(problem) && problem.endsWith(forbiddenBy(rule.rule)),
          ),
          `${by}\n${problems.join('\n') || 'nothing'} was reported`,
        );
      });
    }
  });
}
