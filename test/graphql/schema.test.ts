import test from 'ava';
import {
  buildSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  isObjectType,
  printSchema,
} from 'graphql';
import { printGraphqlSchema } from '../../tools/print-schema.ts';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);
let schema: GraphQLSchema;

test.serial.before('read the schema', async () => {
  schema = buildSchema(await printGraphqlSchema(api.db.apiUrl));
});

/** Fields of a type, not of the root. */
const ofTypes = ['test_cases_tags', 'test_suites_my_role'];

/** What policies ask, and what makes a transaction act for somebody. */
const ofTheDatabase = [
  'current_principal',
  'has_suite',
  'is_admin',
  'my_suites',
  'payload_hash',
  'suite_channel',
  'use_credential',
  'use_token',
];

/** Files are appended and pulled over HTTP. */
const ofFiles = [
  ...['append_answer', 'append_import', 'begin_import', 'define_import_tags', 'end_import'],
  ...['import_at_once', 'import_problems', 'case_line', 'pull_query', 'snapshot_lines'],
];

test('every function of the API is a field, with its comment as documentation', async (t) => {
  const { rows } = await api.db.pool.query<{ name: string; comment: string; volatile: boolean }>(
    `select proname as name, obj_description(oid) as comment, provolatile = 'v' as volatile
       from pg_proc
      where pronamespace = 'bulkhead'::regnamespace
        and proname <> all ($1)
      order by proname`,
    [[...ofTypes, ...ofTheDatabase, ...ofFiles]],
  );
  t.true(rows.length > 25);
  // Where the comment speaks of SQL, tags.ts has words of its own.
  const reworded = [
    ...['find_cases', 'count_cases', 'operation_changes', 'read_audit_log'],
    ...['snapshot_cases', 'compare_snapshots'],
  ];
  for (const { name, comment, volatile } of rows) {
    const root = volatile ? schema.getMutationType() : schema.getQueryType();
    const field = root?.getFields()[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())];
    t.truthy(field, `${name} is not in the schema`);
    if (!reworded.includes(name)) t.is(field?.description, comment);
  }
});

test('every table and column that has a comment has it as documentation', async (t) => {
  const types: Record<string, string> = {
    test_suites: 'TestSuite',
    suite_tags: 'SuiteTag',
    test_cases: 'TestCase',
    test_case_tags: 'TestCaseTag',
    test_case_versions: 'TestCaseVersion',
    bulk_operations: 'BulkOperation',
    tag_cloud: 'TagCloudEntry',
    audit_log: 'AuditEvent',
    tag_routes: 'Route',
    route_pulls: 'RoutePull',
    suite_snapshots: 'Snapshot',
  };
  for (const [table, name] of Object.entries(types)) {
    const { rows } = await api.db.pool.query(
      `select attname, col_description(attrelid, attnum) as comment, obj_description(attrelid) as of_table
         from pg_attribute where attrelid = $1::regclass and attnum > 0`,
      [`bulkhead.${table}`],
    );
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is not in the schema`);
    t.is(type.description, rows[0].of_table);
    for (const { attname, comment } of rows) {
      const column = attname.replace(/_(.)/g, (_: string, letter: string) => letter.toUpperCase());
      const field = type.getFields()[column];
      if (field && comment) t.is(field.description, comment);
    }
  }
});

test('what is of no use to a caller is not shown', (t) => {
  const text = printSchema(schema);
  for (const name of [
    'groupKey',
    'payloadHash',
    'statusOperationId',
    'cursorId',
    'highWaterId',
    'chunkSize',
    'clientMutationId',
    'nodeId',
    'offset',
    'NATURAL',
  ])
    t.notRegex(text, new RegExp(`\\b${name}\\b`), name);
});

test('Ruru can read the schema', async (t) => {
  const { __schema: served } = await api.run(
    getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true }),
  );
  t.is(served.queryType.name, 'Query');
});
