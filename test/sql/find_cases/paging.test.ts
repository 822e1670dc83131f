/** Pages of find_cases: by the last id, of a size that the caller says. */
import test from 'ava';
import { appendMany, call, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

test('pages follow each other without a gap and without a repetition', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 120, ['rag']);
    for (const where_tags of [null, 'rag', 'rag and rag', 'not (not rag)']) {
      const keys: string[] = [];
      let after_id: string | null = null;
      for (;;) {
        const page: { id: string; external_key: string }[] = await call(client, 'find_cases', {
          suite_id,
          where_tags,
          after_id,
          row_limit: 50,
        });
        if (page.length === 0) break;
        keys.push(...page.map((row) => row.external_key));
        after_id = page.at(-1)?.id ?? null;
      }
      t.is(keys.length, 120);
      t.deepEqual(keys, [...keys].sort());
      t.is(new Set(keys).size, 120);
    }
  });
});

test('a page has 50 cases by default, all without a limit, none with 0, and no negative number', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendMany(client, suite_id, 60, ['rag']);
    const count = async (args: Record<string, unknown>) =>
      (await call(client, 'find_cases', { suite_id, ...args })).length;
    t.is(await count({}), 50);
    t.is(await count({ row_limit: null }), 60);
    t.is(await count({ row_limit: 0 }), 0);
    t.is(await count({ row_limit: 2147483647 }), 60);
    t.is(await count({ after_id: '9223372036854775807' }), 0);
    t.is(await count({ after_id: '-9223372036854775808' }), 50);
    t.is(await count({ after_id: null, row_limit: null }), 60);
    for (const row_limit of [-1, -2147483648]) {
      await refuses(t, client, () => call(client, 'find_cases', { suite_id, row_limit }), {
        code: 'TCARG',
        message: `row_limit cannot be ${row_limit}`,
      });
    }
  });
});
