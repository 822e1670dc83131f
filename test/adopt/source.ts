/** Sources for tests: databases of the old shape, and the command that adopts them, as a process of its own. */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import {
  databaseUrl,
  dropDatabase,
  quoteIdentifier,
  withClient,
} from '../../src/database/admin.ts';
import { type Run, runSeparately, startBulkhead } from '../helpers/bulkhead.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { until } from '../helpers/waits.ts';

/** A database of the old shape, and a Bulkhead that it moves to. */
export type Move = {
  db: Database;
  source: pg.Pool;
  sourceUrl: string;
  /** Runs a step to its end; an exit code other than the one expected fails the test. */
  step(args: string[], code?: number): Promise<{ stdout: string; stderr: string }>;
  /** The JSON that a step prints. */
  // biome-ignore lint/suspicious/noExplicitAny: each step prints another shape
  json(args: string[], code?: number): Promise<any>;
  start(args: string[]): Run;
};

/** The step that copies a source of the seed's shape, in small chunks; of a flag that is given again the last one counts. */
export const copy = ['copy', '--preset', 'seed', '--install-triggers', '--chunk', '20'];

/** The tables of the seed document. */
export const seedTables = `
  create table test_suites (id serial primary key, name text not null unique);
  create table test_cases (
    id serial primary key,
    suite_id integer not null references test_suites (id),
    input text,
    expected_output text,
    notes jsonb,
    status text not null default 'active'
  );
  create table tags (id serial primary key, name text not null unique);
  create table test_case_tags (
    case_id integer not null references test_cases (id) on delete cascade,
    tag_id integer not null references tags (id),
    primary key (case_id, tag_id)
  );`;

/** Two suites that share tags, with characters that a copy could trip over. */
export const seedRows = (cases: number) => `
  insert into test_suites (name) values ('Suite A'), ('Größe & Co');
  insert into tags (name) values ('rag'), ('Flaky!'), ('flaky'), ('日本'), ('unused');
  insert into test_cases (suite_id, input, expected_output, notes, status)
  select 1 + i % 2, e'line\\n\\ttab \\\\ "quote" \\u00e9 ' || i, case when i % 3 > 0 then 'e' || i end,
    jsonb_build_object('number', i + 0.50), case when i % 7 = 0 then 'archived' else 'active' end
  from generate_series(1, ${cases}) as i;
  insert into test_case_tags select c.id, t.id from test_cases c join tags t on (c.id + t.id) % 3 = 0 and t.id < 5;`;

/** A source with these tables and rows, an empty Bulkhead, and the command between them. */
export async function makeMove(
  t: ExecutionContext,
  setUp: string = seedTables + seedRows(100),
): Promise<Move> {
  const db = await makeDatabase(t);
  const sourceUrl = await createSource(t, db, setUp);
  const source = new pg.Pool({ connectionString: sourceUrl });
  source.on('error', () => {});
  t.teardown(() => source.end());
  const environment = {
    DATABASE_URL: db.ownerUrl,
    BULKHEAD_SOURCE_URL: sourceUrl,
    BULKHEAD_LOG_LEVEL: 'error',
  };
  const step: Move['step'] = async (args, expected = 0) => {
    const { code, stdout, stderr } = await runSeparately(t, ['adopt', ...args], environment);
    t.is(code, expected, `adopt ${args.join(' ')}\n${stdout}${stderr}`);
    return { stdout, stderr };
  };
  return {
    ...{ db, source, sourceUrl, step },
    json: async (args, code) => JSON.parse((await step([...args, '--json'], code)).stdout),
    start: (args) => startBulkhead(t, ['adopt', ...args], environment),
  };
}

async function createSource(t: ExecutionContext, db: Database, setUp: string): Promise<string> {
  const name = `bulkhead_test_source_${randomBytes(5).toString('hex')}`;
  await db.pool.query(`create database ${quoteIdentifier(name)}`);
  const url = databaseUrl(db.ownerUrl, name);
  t.teardown(() =>
    withClient(databaseUrl(db.ownerUrl, 'postgres'), (client) => dropDatabase(client, name)),
  );
  await withClient(url, (client) => client.query(setUp));
  return url;
}

/** What the source says that a case is, by the test's own words and not by those of the adoption. */
export async function casesThere({ source }: Move) {
  const { rows } = await source.query(`
    select s.name as suite, c.id::text as key, coalesce(c.input, '') as input, c.expected_output as expected,
      c.notes as metadata, c.status, array(
        select distinct case t.name when 'Flaky!' then 'flaky' when '日本' then 'tag_4dbed2e6' else t.name end as name
        from test_case_tags l join tags t on t.id = l.tag_id where l.case_id = c.id order by name
      ) as tags
    from test_cases c join test_suites s on s.id = c.suite_id order by c.id`);
  return rows;
}

/** The same of Bulkhead. */
export async function casesHere({ db }: Move) {
  const { rows } = await db.pool.query(`
    select s.name as suite, c.external_key as key, c.input, c.expected_output as expected, c.metadata -> 'notes' as metadata,
      c.status, array(
        select l.tag::text from bulkhead.test_case_tags l where l.suite_id = c.suite_id and l.case_id = c.id order by l.tag
      ) as tags
    from bulkhead.test_cases c join bulkhead.test_suites s on s.id = c.suite_id order by c.external_key::integer`);
  return rows;
}

/** Both sides are the same, by the test's own look. */
export async function isIdentical(t: ExecutionContext, move: Move): Promise<void> {
  const there = await casesThere(move);
  t.true(there.length > 0);
  t.deepEqual(await casesHere(move), there);
}

/** Some of everything that people do to a source. */
export const changes = `
  insert into test_cases (suite_id, input, notes) values (1, 'new', '{}'), (2, 'new too', '{}');
  insert into test_case_tags values (currval('test_cases_id_seq'), 1);
  update test_cases set input = 'changed' where id in (3, 4);
  update test_cases set status = 'archived' where id = 5;
  delete from test_case_tags where case_id = 6;
  delete from test_cases where id in (7, 8);
  update test_cases set suite_id = 3 - suite_id where id = 9;
  update tags set name = 'renamed' where name = 'rag';
  insert into tags (name) values ('fresh');
  insert into test_case_tags values (10, currval('tags_id_seq'));`;

const key = 771_144;

/** Holds a process at a change of the adoption's row while `meanwhile`, told its backend, does something; then waits for its end. */
export async function holdAt(
  move: Move,
  args: string[],
  condition: string,
  meanwhile: (run: Run, pid: number) => Promise<void>,
): Promise<Run> {
  const { pool } = move.db;
  const holder = await pool.connect();
  try {
    await holder.query('select pg_advisory_lock($1)', [key]);
    await pool.query(`
      create function public.hold() returns trigger language plpgsql
        as 'begin perform pg_advisory_xact_lock(${key}); return new; end';
      create trigger hold before update on bulkhead_private.adopted_suites
        for each row when (${condition}) execute function public.hold()`);
    const run = move.start(args);
    const pid = await until(`adopt ${args[0]} comes to ${condition}`, async () => {
      mustBeAlive(run);
      const { rows } = await pool.query(
        `select pid from pg_locks where locktype = 'advisory' and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows[0]?.pid;
    });
    await meanwhile(run, pid);
    await holder.query('select pg_advisory_unlock($1)', [key]);
    await run.ended;
    await gone(move, pid);
    await pool.query('drop function public.hold() cascade');
    return run;
  } finally {
    holder.release(true);
  }
}

/**
 * Kills a process at a change of the adoption's row: `after` has its connection ended before it commits, or lets it
 * commit what it was about to, as if it had been killed a moment later. While it is held, `meanwhile` can look at who
 * waits for it.
 */
export async function killAt(
  move: Move,
  args: string[],
  condition: string,
  after: 'before the commit' | 'after the commit',
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  await holdAt(move, args, condition, async (run, pid) => {
    await meanwhile();
    run.child.kill('SIGKILL');
    await run.ended;
    if (after === 'before the commit') {
      await move.db.pool.query('select pg_terminate_backend($1)', [pid]);
      await gone(move, pid);
    }
  });
}

/** A process that has ended comes nowhere any more: its words say why. */
function mustBeAlive({ child, output }: Run): void {
  if (child.exitCode !== null) throw new Error(`ended (${child.exitCode}):\n${output()}`);
}

async function gone({ db }: Move, pid: number): Promise<void> {
  await until(`backend ${pid} ends`, async () => {
    const { rows } = await db.pool.query('select from pg_stat_activity where pid = $1', [pid]);
    return rows.length === 0;
  });
}

/** Lets a process come as far as reading a table of the source, and kills it there. */
export async function killReading(move: Move, args: string[], table: string): Promise<void> {
  const holder = await move.source.connect();
  try {
    await holder.query(`begin; lock table ${table} in access exclusive mode`);
    const run = move.start(args);
    await until(`adopt ${args[0]} reads ${table}`, async () => {
      mustBeAlive(run);
      const { rows } = await move.source.query(
        `select from pg_locks where not granted and relation = $1::regclass`,
        [table],
      );
      return rows.length > 0;
    });
    run.child.kill('SIGKILL');
    await run.ended;
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  await until('its connections end', async () => {
    const { rows } = await move.source.query(
      `select from pg_stat_activity where application_name = 'bulkhead adopt' and datname = current_database()`,
    );
    const here = await move.db.pool.query(
      `select from pg_stat_activity where application_name = 'bulkhead admin' and datname = current_database()`,
    );
    return rows.length + here.rows.length === 0;
  });
}
