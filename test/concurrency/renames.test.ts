/** Renames and merges of the same few tags by several people at once: each is planned on what the one before has made of the names. */
import test from 'ava';
import pg from 'pg';
import { appendMany, callOne, type Operation, tagsByKey } from '../helpers/cases.ts';
import { makeDatabase } from '../helpers/database.ts';
import { finished, makeLargeSuite } from '../helpers/operations-watch.ts';
import { useWorker } from '../helpers/processes.ts';

const names = ['x', 'y', 'z', 'w'];

test('concurrent renames, merges and undos of the same tags: no deadlock, no chain of aliases, no link lost', async (t) => {
  const db = await makeDatabase(t);
  const { pool } = db;
  const suite = await makeLargeSuite(pool, 90, { x: 1, y: 3 });
  await appendMany(pool, suite, 10, ['z']);
  const worker = await useWorker(t, db);
  const errors = new Set<string>();
  const submitted: Operation[] = [];
  const person = async () => {
    const client = new pg.Client({ connectionString: db.ownerUrl, application_name: 'renamer' });
    await client.connect();
    for (let n = 0; n < 25; n++) {
      const [one = '', other = ''] = [...names].sort(() => Math.random() - 0.5);
      const past = submitted[Math.floor(Math.random() * submitted.length)];
      const [name, args] = [
        ['bulk_rename_tag', { tag: one, new_name: other }] as const,
        ['bulk_merge_tags', { tags: [one], into_tag: other }] as const,
        ['undo_operation', { operation_id: past?.id ?? 0 }] as const,
      ][n % 3] ?? ['', {}];
      await callOne<Operation>(client, name, { suite_id: suite, ...args }).then(
        (operation) => submitted.push(operation),
        (error) => errors.add(error.code),
      );
    }
    await client.end();
  };
  await Promise.all(Array.from({ length: 6 }, person));
  for (const operation of submitted) t.is((await finished(pool, operation)).state, 'succeeded');
  await worker.stop();

  t.true(submitted.length > 30, `${submitted.length} operations`);
  for (const code of errors) t.regex(code, /^TC(HAS|NTG|ARG|UND|RUN|NOP)$/);
  const { rows: chains } = await pool.query(
    `select t.name, t.alias_of, o.alias_of as further from bulkhead.suite_tags t
     join bulkhead.suite_tags o on o.suite_id = t.suite_id and o.name = t.alias_of
     where o.alias_of is not null`,
  );
  t.deepEqual(chains, []);
  const bare = Object.entries(await tagsByKey(pool, suite)).filter(([, tags]) => tags === '');
  t.deepEqual(bare, [], 'each case still has one of the tags');
  const { rows } = await pool.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  t.is(rows[0].deadlocks, 0);
});
