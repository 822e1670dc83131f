import test from 'ava';
import pg from 'pg';
import { withRequestRole } from '../../src/graphql/request-role.ts';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

test('requests run as the role of requests, for a limited time, and nothing is compiled for them', async (t) => {
  const client = new pg.Client(withRequestRole(api.db.apiUrl));
  await client.connect();
  t.teardown(() => client.end());
  const { rows } = await client.query(
    `select session_user, current_user, current_setting('statement_timeout') as timeout, setting as jit, source
     from pg_settings where name = 'jit'`,
  );
  t.deepEqual(rows, [
    {
      ...{ session_user: 'bulkhead_api', current_user: 'bulkhead_user', timeout: '30s' },
      ...{ jit: 'off', source: 'client' },
    },
  ]);
});

test('options that the URL has already are kept', (t) => {
  const url = new URL(withRequestRole('postgres://api@host/bulkhead?options=-c%20work_mem%3D8MB'));
  t.is(
    url.searchParams.get('options'),
    '-c work_mem=8MB -c role=bulkhead_user -c statement_timeout=30s -c jit=off',
  );
});

test('neither the login of the API nor the role of requests writes tables', async (t) => {
  const statements = [
    `insert into bulkhead.test_suites (slug, name) values ('x', 'x')`,
    `delete from bulkhead.test_suites`,
    `update bulkhead.test_suites set slug = 'x'`,
    `insert into bulkhead.test_case_tags (suite_id, case_id, tag) values (1, 1, 'x')`,
    `delete from bulkhead.test_case_tags`,
    `update bulkhead.test_cases set status = 'archived'`,
    `delete from bulkhead.test_cases`,
    `update bulkhead.bulk_operations set state = 'succeeded'`,
    `select * from bulkhead_private.change_log`,
    `select bulkhead_private.run_chunk(1, 1)`,
    `select * from graphile_worker.jobs`,
    `select * from bulkhead_partitions.test_cases_00`,
  ];
  const asRequest = new pg.Client(withRequestRole(api.db.apiUrl));
  await asRequest.connect();
  t.teardown(() => asRequest.end());
  for (const client of [asRequest, api.db.api])
    for (const statement of statements)
      await t.throwsAsync(async () => client.query(statement), { code: '42501' }, statement);
});

test('the schema offers no other way to write than the functions', async (t) => {
  const { __schema: schema } = await api.run('{ __schema { mutationType { fields { name } } } }');
  const names = schema.mutationType.fields.map((field: { name: string }) => field.name);
  t.deepEqual(names, [
    'appendCases',
    'archiveSuite',
    'bulkCopy',
    'bulkDelete',
    'bulkMergeTags',
    'bulkRenameTag',
    'bulkSetStatus',
    'bulkTag',
    'cancelOperation',
    'createSnapshot',
    'createSuite',
    'createToken',
    'defineRoute',
    'defineTag',
    'deleteSuite',
    'dropRoute',
    'dropSnapshot',
    'dropTag',
    'pullRoute',
    'removeMember',
    'restoreSuite',
    'restoreVersion',
    'retryOperation',
    'revokeToken',
    'setMember',
    'setPrincipal',
    'undoOperation',
    'updateCase',
    'updateSuite',
  ]);
});
