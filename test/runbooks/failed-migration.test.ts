/** A release whose migration the data of this database do not allow, and one that waits for a forgotten transaction. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { projectDir } from '../../src/config.ts';
import { runBulkhead } from '../helpers/bulkhead.ts';
import { makeSuite } from '../helpers/cases.ts';
import { type Database, makeDatabase } from '../helpers/database.ts';
import { limitLogin } from '../helpers/doctor.ts';
import { useRunbook } from '../helpers/runbooks.ts';
import { openSession, pidOf, until } from '../helpers/waits.ts';

const runbook = useRunbook('failed-migration');

/** The project as its next release: a copy, with one migration more. */
async function makeRelease(t: ExecutionContext, migration: string): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-release-'));
  t.teardown(() => fs.rm(folder, { recursive: true }));
  for (const part of ['src', 'bin', 'migrations', 'demo', 'package.json', '.gmrc'])
    await fs.cp(join(projectDir, part), join(folder, part), { recursive: true });
  await fs.symlink(join(projectDir, 'node_modules'), join(folder, 'node_modules'));
  const committed = join(folder, 'migrations/committed');
  const last =
    (await fs.readdir(committed))
      .filter((name) => /^\d+/.test(name))
      .sort()
      .at(-1) ?? '';
  const previous = /^--! Hash: (\S+)/m.exec(await fs.readFile(join(committed, last), 'utf8'))?.[1];
  const number = String(Number.parseInt(last, 10) + 1).padStart(6, '0');
  const body = `--! split: 1-current.sql\n${migration}\n`;
  const hash = calculateHash(body, previous ?? null);
  await fs.writeFile(
    join(committed, `${number}-stricter.sql`),
    `--! Previous: ${previous}\n--! Hash: ${hash}\n--! Message: stricter\n\n${body}`,
  );
  return folder;
}

const stricter =
  "alter table bulkhead.suite_tags add constraint meaning_is_given check (meaning <> '');";

const environmentOf = ({ ownerUrl, apiUrl }: Database) => ({
  DATABASE_URL: ownerUrl,
  BULKHEAD_API_DATABASE_URL: apiUrl,
});

test.serial(
  'the data violate it: nothing has changed, the old release goes on, mended',
  async (t) => {
    const db = await makeDatabase(t);
    await limitLogin(db.pool, db.name);
    const suite = await makeSuite(db.pool, { slug: 'regression' });
    await db.pool.query("insert into bulkhead.suite_tags (suite_id, name) values ($1, 'rag')", [
      suite,
    ]);
    const release = await makeRelease(t, stricter);
    const inRelease = { cwd: release, ...environmentOf(db) };
    const before = await runbook.sql(db.pool, 'ledger');

    const failed = await runbook.sh(t, 'again', inRelease);
    t.not(failed.code, 0);
    t.regex(failed.stderr + failed.stdout, /meaning_is_given/);
    t.deepEqual(await runbook.sql(db.pool, 'ledger'), before);
    t.is((await constraints(db)).length, 0, 'nothing of it is left');
    const doctor = await runbook.sh(t, 'over', inRelease);
    t.regex(doctor.stdout, /✖ migrations are up to date: not run yet: \d+-stricter.sql/);
    // the old release does not know of the new one, and is content
    const { output } = await runBulkhead(t, ['doctor'], environmentOf(db));
    t.regex(output, /✔ migrations are up to date/);

    await db.pool.query("update bulkhead.suite_tags set meaning = 'retrieval' where meaning = ''");
    const again = await runbook.sh(t, 'again', inRelease);
    t.is(again.code, 0, again.stderr);
    t.regex(again.stdout, /ran \d+-stricter.sql/);
    t.is((await runbook.sql(db.pool, 'ledger')).length, 5);
    const older = await runBulkhead(t, ['doctor'], environmentOf(db));
    t.regex(older.output, /✖ .*it has run 1 migration\(s\) that this version does not know/);
    t.is((await constraints(db)).length, 1);
    t.regex((await runbook.sh(t, 'over', inRelease)).stdout, /✔ migrations are up to date/);
  },
);

test.serial('it waits for a forgotten transaction: seen, ended, done', async (t) => {
  const db = await makeDatabase(t);
  const release = await makeRelease(t, stricter);
  const somebody = await openSession(t, db);
  await somebody.query('begin; select from bulkhead.suite_tags');
  const blocker = await pidOf(somebody);
  const migrating = runbook.sh(t, 'again', { cwd: release, ...environmentOf(db) });
  const waiting = await until('the migration waits', async () => {
    const rows = await runbook.sql(db.pool, 'waiting');
    return rows.length > 0 && rows;
  });
  t.like(waiting[0], { blocker, state: 'idle in transaction' });
  t.regex(String(waiting[0]?.statement), /meaning_is_given|alter table/);
  await runbook.sql(db.pool, 'end-the-blocker', { blocker });
  const { code, stderr } = await migrating;
  t.is(code, 0, stderr);
  t.is((await constraints(db)).length, 1);
});

async function constraints({ pool }: Database) {
  const { rows } = await pool.query("select from pg_constraint where conname = 'meaning_is_given'");
  return rows;
}

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
