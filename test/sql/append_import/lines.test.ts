/** The rows of an import go by their lines. */
import test from 'ava';
import { call, makeSuite, tagsByKey } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

test('lines are counted from 1: a row before that is refused, and not left out', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await call(client, 'begin_import', { suite_id });
    const stage = (line: number) =>
      client.query(
        `insert into pg_temp.import_rows (line, external_key, input) values ($1::integer, 'line ' || $1, '1')`,
        [line],
      );
    for (const line of [0, -1, -2147483648])
      await refuses(t, client, () => stage(line), {
        code: '23514',
        constraint: 'line_is_counted_from_1',
      });
    for (const line of [2147483647, 2, 1]) await stage(line);
    t.like((await call(client, 'append_import', { suite_id }))[0], { cases: 3, inserted: 3 });
    t.deepEqual(Object.keys(await tagsByKey(client, suite_id)), [
      'line 1',
      'line 2',
      'line 2147483647',
    ]);
  });
});
