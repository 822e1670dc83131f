/** What cannot be done is refused before anything is changed, and the message says what can. */
import test from 'ava';
import { databaseUrl, loginUrl } from '../../src/database/admin.ts';
import { runSeparately } from '../helpers/bulkhead.ts';
import { makeFile } from '../helpers/import.ts';
import { isIdentical, makeMove, seedRows, seedTables } from './source.ts';

const copy = ['copy', '--preset', 'seed', '--install-triggers'];
const few = seedTables + seedRows(3);

test('numbers of flags are checked, and the message says what they can be', async (t) => {
  const move = await makeMove(t, few);
  const cases: [string[], RegExp][] = [
    [['copy', '--chunk', '0'], /--chunk cannot be "0"[\s\S]*a whole number from 1 to 10000/],
    [['copy', '--chunk', '2.5'], /--chunk cannot be "2.5"/],
    [['copy', '--chunk', 'many'], /--chunk cannot be "many"/],
    [['copy', '--pace', '0'], /--pace cannot be "0"[\s\S]*a number from 0.1 to 1/],
    [['copy', '--pace', '2'], /--pace cannot be "2"/],
    [['follow', '--every', '-1'], /--every cannot be "-1"[\s\S]*from 0.1 to 86400/],
    [['cut-over', '--patience', ''], /--patience cannot be ""[\s\S]*from 0 to 86400/],
  ];
  for (const [args, message] of cases) t.regex((await move.step(args, 2)).stderr, message);
});

test('names that the source does not have, and mappings that are none', async (t) => {
  const move = await makeMove(t, few);
  const refused = async (mapping: unknown, message: RegExp) => {
    const file = makeFile(t, 'names.json', JSON.stringify(mapping));
    const args = ['inspect', '--preset', 'seed', '--mapping', file];
    t.regex((await move.step(args, 2)).stderr, message);
  };
  await refused({ tags: { table: 'labels' } }, /there is no table labels \(tags\)/);
  await refused(
    { cases: { input: 'prompt' } },
    /test_cases \(cases\) has no column prompt; it has id, suite_id, input, expected_output/,
  );
  await refused({ links: { case: 7 } }, /"case" in the section "links" is no name/);
  await refused({ decisions: { '*': { rag: { name: 'R A G' } } } }, /cannot be a tag/);
  const half = makeFile(t, 'half.json', JSON.stringify({ suites: { table: 'test_suites' } }));
  t.regex((await move.step(['inspect', '--mapping', half], 2)).stderr, /"suites" has no id/);
});

test('slugs that are taken, by an archived suite as well, or are none', async (t) => {
  const move = await makeMove(t, few);
  await move.db.pool.query(
    `select bulkhead.archive_suite(id) from bulkhead.create_suite('regression')`,
  );
  const refused = async (slugs: Record<string, string>, message: RegExp) => {
    const file = makeFile(t, 'slugs.json', JSON.stringify({ slugs }));
    t.regex((await move.step([...copy, '--mapping', file], 2)).stderr, message);
  };
  await refused(
    { 1: 'regression' },
    /cannot become "regression": a suite here has it, archived or/,
  );
  await refused({ 1: 'one', 2: 'one' }, /cannot become "one": the suite 1 of the source is to get/);
  await refused({ 2: 'Größe' }, /not of the form of a slug/);
  await refused({ 9: 'nine' }, /the source has no such suite/);
  const { rows } = await move.db.pool.query('select slug from bulkhead.test_suites');
  t.deepEqual(rows, [{ slug: 'regression' }]);
});

test('a source that does not answer, does not exist, or is Bulkhead itself', async (t) => {
  const move = await makeMove(t, few);
  const from = async (url: string) => {
    const environment = { DATABASE_URL: move.db.ownerUrl, BULKHEAD_SOURCE_URL: url };
    const { code, stderr } = await runSeparately(t, ['adopt', 'status'], environment);
    t.not(code, 0);
    return stderr;
  };
  t.regex(await from('postgres://nobody:secret@127.0.0.1:1/x'), /No PostgreSQL answers at 127/);
  t.regex(await from(databaseUrl(move.sourceUrl, 'no_such_database')), /has no database/);
  t.regex(await from(move.db.ownerUrl), /the source is the database of Bulkhead itself/);
});

test('a login that may not make triggers is told what it lacks, and nothing is made', async (t) => {
  const move = await makeMove(t, few);
  const role = `reader_${process.pid}`;
  const { rows } = await move.source.query(`select quote_ident(current_database()) as name`);
  await move.source.query(`
    create role ${role} login password 'reads';
    grant select on all tables in schema public to ${role};
    grant create on database ${rows[0].name} to ${role};
    grant trigger on test_cases, tags to ${role}`);
  t.teardown(async () => {
    await move.source.query(`
      revoke all on all tables in schema public from ${role};
      revoke all on database ${rows[0].name} from ${role};
      drop role ${role}`);
  });
  const url = loginUrl(move.sourceUrl, role, 'reads');
  const environment = { DATABASE_URL: move.db.ownerUrl, BULKHEAD_SOURCE_URL: url };
  const run = (args: string[]) => runSeparately(t, ['adopt', ...args], environment);
  const found = await run(['inspect', '--preset', 'seed']);
  t.regex(found.stdout, /may not make triggers, it lacks TRIGGER on "public"."test_case_tags":/);
  const refused = await run(copy);
  t.regex(refused.stderr, /may not make triggers: TRIGGER on "public"."test_case_tags"\n/);
  const left = await move.source.query(
    `select to_regnamespace('bulkhead_adopt') as schema, (select count(*)::integer from pg_trigger where not tgisinternal) as triggers`,
  );
  t.deepEqual(left.rows, [{ schema: null, triggers: 0 }]);
  t.deepEqual((await move.db.pool.query('select from bulkhead.test_suites')).rows, []);
});

test('two processes do not take changes from one queue, whatever they call the source', async (t) => {
  const move = await makeMove(t, few);
  const client = await move.source.connect();
  await client.query(`select pg_advisory_lock(hashtextextended('bulkhead adopt', 0))`);
  t.regex(
    (await move.step([...copy, '--as', 'other'], 6)).stderr,
    /another process adopts "other"/,
  );
  client.release(true);
});

test('a transaction whose snapshot is older than the cut-over is refused all the same', async (t) => {
  const move = await makeMove(t, few);
  await move.step(copy);
  const late = await move.source.connect();
  // it has read, and no more: nobody has to wait for it
  await late.query('begin isolation level repeatable read; select from test_cases');
  await move.step(['cut-over', '--patience', '0.2']);
  await t.throwsAsync(late.query(`update test_cases set input = 'late'`), { code: '55000' });
  await late.query('rollback');
  late.release();
  await isIdentical(t, move);
});

test('a cut-over waits for a transaction that has locked a table to write, and not written yet', async (t) => {
  const move = await makeMove(t, few);
  await move.step(copy);
  const late = await move.source.connect();
  await late.query('begin; update test_cases set input = input where false');
  const { stderr } = await move.step(['cut-over', '--patience', '0.2'], 5);
  t.regex(stderr, /a transaction on the source does not end/);
  await late.query(`update test_cases set input = 'late'; commit`);
  late.release();
  await move.step(['cut-over']);
  await isIdentical(t, move);
});

test('suites of one source have one mapping; what belongs to each of them may differ', async (t) => {
  const move = await makeMove(
    t,
    `${few} insert into test_suites (name) values ('Third'); alter table test_cases add column ref text;`,
  );
  const mapping = (value: unknown) => ['--mapping', makeFile(t, 'map.json', JSON.stringify(value))];
  const other = mapping({ cases: { key: 'ref', expected: 'status' } });
  await move.step([...copy, '--suite', 'suite-a']);
  const refused = await move.step(['copy', '--preset', 'seed', ...other], 2);
  t.regex(refused.stderr, /suites of one source cannot have different mappings/);
  t.regex(
    refused.stderr,
    /another: "suite-a"\. It differs in cases.key, cases.expected, cases.metadata\./,
  );
  t.regex(refused.stderr, /adopt copy without --preset and --mapping/);
  // nothing was begun, and the triggers are as they were
  t.is((await move.json(['status'])).suites.length, 1);
  await move.source.query(`update test_cases set input = 'changed', ref = 'x'`);
  await move.step(['follow', '--once']);
  t.true((await move.json(['verify'])).identical);

  const own = { slugs: { 2: 'zweite' }, decisions: { 2: { rag: { meaning: 'retrieval' } } } };
  await move.step([...copy, ...mapping(own), '--suite', 'zweite']);
  await move.step(['copy']);
  t.true((await move.json(['verify'])).identical);
  await isIdentical(t, move);
  // the triggers keep a suite closed that was cut over
  await move.step(['cut-over']);
  t.regex(
    (await move.step([...copy, ...other], 2)).stderr,
    /another: "suite-a", "zweite", "third"/,
  );
});

test('suites that were begun with different mappings are not followed as if they had one', async (t) => {
  const move = await makeMove(t);
  await move.step(copy);
  await move.db.pool.query(`
    update bulkhead_private.adopted_suites set mapping = jsonb_set(mapping, '{cases,key}', '"notes"') where source_suite = '2'`);
  await move.source.query(`update test_cases set input = 'changed'`);
  const { stderr } = await move.step(['follow', '--once'], 2);
  t.regex(stderr, /another: "grosse-co"\. It differs in cases.key\./);
  const { rows } = await move.db.pool.query('select count(*)::integer from bulkhead.test_cases');
  t.deepEqual(rows, [{ count: 100 }]);
  // taken back, it can come again
  await move.step(['back', '--suite', 'grosse-co']);
  await move.step(['copy']);
  await move.step(['follow', '--once']);
  await isIdentical(t, move);
});

test('suites of one source are followed in one way', async (t) => {
  const [byTriggers, byComparing] = [await makeMove(t, few), await makeMove(t, few)];
  await byTriggers.step(copy);
  const refused = await byTriggers.step(['copy', '--method', 'compare'], 2);
  t.regex(refused.stderr, /the suites of this source are followed by triggers/);
  t.regex(refused.stderr, /Leave out --method/);
  await byComparing.step(['copy', '--preset', 'seed', '--method', 'compare']);
  t.regex(
    (await byComparing.step(['copy', '--method', 'triggers', '--install-triggers'], 2)).stderr,
    /the suites of this source are followed by comparing/,
  );
  // without the flag it goes on as it has begun
  await byTriggers.step(['copy', '--method', 'triggers']);
  await byComparing.step(['copy']);
});
