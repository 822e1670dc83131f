/** An earlier version becomes the present one again, as a new version. */
import test from 'ava';
import { makeToken } from '../../helpers/access.ts';
import { eventsOf } from '../../helpers/audit.ts';
import {
  append,
  appendTagged,
  call,
  callOne,
  makeSuite,
  type Queryable,
  tagsByKey,
} from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';
import { operate } from '../../helpers/operations.ts';
import { asToken } from '../../helpers/roles.ts';
import { openSession, pidOf, waitsFor } from '../../helpers/waits.ts';

const database = useDatabase(test);

type Case = { version: number; input: unknown; external_key: string; status: string };

const restore = (client: Queryable, suite_id: string, case_id: unknown, version: unknown) =>
  callOne<Case>(client, 'restore_version', { suite_id, case_id, version });

test('a version is restored with key, input, expected output and metadata; tags and status stay', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const [made] = await append(client, suite_id, [
      { external_key: 'a', input: 'one', expected_output: 1, metadata: { m: 1.0 }, tags: ['rag'] },
    ]);
    const id = made?.case_id;
    await client.query(
      `update bulkhead.test_cases set external_key = 'b', input = '"two"', expected_output = null, metadata = '{}' where suite_id = $1`,
      [suite_id],
    );
    await operate(client, 'bulk_tag', { suite_id, all_cases: true, add: ['new'] });
    await operate(client, 'bulk_set_status', { suite_id, all_cases: true, set_status: 'archived' });
    const [event, ...others] = await eventsOf(client, suite_id, () =>
      restore(client, suite_id, id, 1),
    );
    t.deepEqual(others, []);
    t.like(event, { action: 'changed', subject: 'case', subject_id: id });
    t.like(event?.before, { external_key: 'b', input: 'two', expected_output: null, version: 2 });
    t.like(event?.after, { external_key: 'a', input: 'one', expected_output: 1, version: 3 });

    const [found] = await call<Case>(client, 'find_cases', { suite_id });
    t.like(found, { external_key: 'a', input: 'one', version: 3, status: 'archived' });
    t.deepEqual(await tagsByKey(client, suite_id), { a: 'new rag' });
    const { rows } = await client.query(
      `select version, external_key, input, replaced_by = bulkhead.current_principal() as mine
       from bulkhead.test_case_versions where suite_id = $1 order by version`,
      [suite_id],
    );
    t.deepEqual(rows, [
      { version: 1, external_key: 'a', input: 'one', mine: true },
      { version: 2, external_key: 'b', input: 'two', mine: true },
    ]);
    // the same again is no edit; and back again is one
    t.is((await restore(client, suite_id, id, 1)).version, 3);
    t.like(await restore(client, suite_id, id, 2), { version: 4, external_key: 'b', input: 'two' });
  });
});

test('what cannot be restored is refused, with what to do', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const { a, b } = await appendTagged(client, suite_id, { a: '', b: '' });
    const refused = (case_id: unknown, version: unknown, expected: object) =>
      refuses(t, client, () => restore(client, suite_id, case_id, version), {
        code: 'TCNVR',
        ...expected,
      });
    await refused(a, 1, { detail: 'Its present version is 1.' });
    await refused(a, 9, { message: `the case ${a} has no earlier version 9` });
    await refused('999999', 1, { detail: /does not have the case/ });
    await refused(null, null, { message: 'the case null has no earlier version null' });
    const other = await makeSuite(client);
    const [foreign] = await append(client, other, [{ external_key: 'x' }]);
    await append(client, other, [{ external_key: 'x', input: 'edited' }], 'update');
    await refused(foreign?.case_id, 1, { detail: /does not have the case/ });

    await append(client, suite_id, [{ external_key: 'b', input: 'edited' }], 'update');
    await operate(client, 'bulk_delete', { suite_id, external_keys: ['b'] });
    await refused(b, 1, { detail: /comes back when its deletion is undone/ });

    await client.query(
      `update bulkhead.test_cases set external_key = 'a2' where suite_id = $1 and external_key = 'a'`,
      [suite_id],
    );
    const [taken] = await append(client, suite_id, [{ external_key: 'a' }]);
    await refused(a, 1, {
      code: 'TCKEY',
      message: 'the external key of the version 1 belongs to another case by now',
      detail: `The case ${taken?.case_id} has the key "a".`,
    });
    await call(client, 'archive_suite', { suite_id });
    await refused(a, 1, { code: 'TCARC' });
  });
});

test('it takes an editor, whose name the history has', async (t) => {
  const suite_id = await makeSuite(database.pool);
  const { a } = await appendTagged(database.pool, suite_id, { a: '' });
  await append(database.pool, suite_id, [{ external_key: 'a', input: 'edited' }], 'update');
  for (const role of ['viewer', 'appender'] as const) {
    const { token } = await makeToken(database.pool, role, [suite_id]);
    await asToken(database, token, (client) =>
      refuses(t, client, () => restore(client, suite_id, a, 1), { code: '42501' }),
    );
  }
  const { token, principal } = await makeToken(database.pool, 'editor', [suite_id]);
  await asToken(database, token, async (client) => {
    t.is((await restore(client, suite_id, a, 1)).version, 3);
    const { rows } = await client.query(
      `select version, replaced_by, replaced_at is not null as has_time
       from bulkhead.test_case_versions where suite_id = $1 and case_id = $2 order by version desc limit 1`,
      [suite_id, a],
    );
    t.deepEqual(rows, [{ version: 2, replaced_by: principal, has_time: true }]);
  });
});

test('an edit that comes first is a version too', async (t) => {
  const [editor, restorer] = [await openSession(t, database), await openSession(t, database)];
  const suite_id = await makeSuite(database.pool);
  const { a } = await appendTagged(database.pool, suite_id, { a: '' });
  await append(database.pool, suite_id, [{ external_key: 'a', input: 'two' }], 'update');
  await editor.query('begin');
  await append(editor, suite_id, [{ external_key: 'a', input: 'three' }], 'update');
  const [holder, pid] = [await pidOf(editor), await pidOf(restorer)];
  const restoring = restore(restorer, suite_id, a, 1);
  t.deepEqual(await waitsFor(database.pool, pid), [holder]);
  await editor.query('commit');
  t.like(await restoring, { version: 4, input: 'a' });
  const { rows } = await database.pool.query(
    'select input from bulkhead.test_case_versions where suite_id = $1 order by version',
    [suite_id],
  );
  t.deepEqual(
    rows.map((row) => row.input),
    ['a', 'two', 'three'],
  );
});
