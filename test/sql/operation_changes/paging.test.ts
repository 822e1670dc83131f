/** What an operation did, case by case, in pages. */
import test from 'ava';
import { appendMany, call, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

test('pages by the last case give every change once, also where a case has several', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 25, ['old']);
    const { id: operation_id } = await operate(client, 'bulk_tag', {
      suite_id,
      all_cases: true,
      add: ['x', 'y'],
      remove: ['old'],
    });
    for (const row_limit of [1, 2, 7, 10, 1000, null]) {
      const seen: Record<string, unknown>[] = [];
      for (let after_case_id: unknown = 0; ; ) {
        const page = await call(client, 'operation_changes', {
          suite_id,
          operation_id,
          after_case_id,
          row_limit,
        });
        if (page.length === 0) break;
        seen.push(...page);
        after_case_id = page.at(-1)?.case_id;
      }
      t.is(seen.length, 75, `${row_limit}`);
      t.is(new Set(seen.map((row) => JSON.stringify(row))).size, 75);
      const ids = seen.map((row) => Number(row.case_id));
      t.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
    }
    const added = await call(client, 'operation_changes', {
      suite_id,
      operation_id,
      only_change: 'link_removed',
      row_limit: null,
    });
    t.is(added.length, 25);
    t.true(added.every((row) => row.tag === 'old'));
    t.deepEqual(
      await call(client, 'operation_changes', { suite_id, operation_id, row_limit: 0 }),
      [],
    );
    await refuses(
      t,
      client,
      () => call(client, 'operation_changes', { suite_id, operation_id, row_limit: -1 }),
      { code: 'TCARG' },
    );
  });
});

test('a change of status tells the status before', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 1, []);
    const { id: operation_id } = await operate(client, 'bulk_set_status', {
      suite_id,
      all_cases: true,
      set_status: 'archived',
    });
    t.like((await call(client, 'operation_changes', { suite_id, operation_id }))[0], {
      change: 'status_set',
      status_before: 'active',
    });
  });
});
