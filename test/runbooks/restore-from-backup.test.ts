/** A real dump by pg_dump, restored by pg_restore into another server; and into one of a newer version. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { databaseUrl, loginUrl } from '../../src/database/admin.ts';
import { migrate } from '../../src/database/migrate.ts';
import { append, appendMany, callOne, makeSuite, type Operation } from '../helpers/cases.ts';
import { type Server, startDumpable, startNewest, whyNoDump } from '../helpers/dumps.ts';
import { operate, undo } from '../helpers/operations.ts';
import { finished, submitInChunks } from '../helpers/operations-watch.ts';
import { quietLogger as logger, useWorker } from '../helpers/processes.ts';
import { startProgram } from '../helpers/psql.ts';
import { useRunbook } from '../helpers/runbooks.ts';

const runbook = useRunbook('restore-from-backup');
const upgrade = useRunbook('upgrade-postgresql');
const reason = whyNoDump();
if (reason) console.log(`skipped: ${reason}`);
const maybe = reason ? test.serial.skip : test.serial;

const names = { owner: 'eval_owner', owner_password: 'secret', api_password: 'api-secret' };

/** Pools that are closed before their server is stopped. */
function usePool(t: ExecutionContext, url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => {});
  t.teardown(() => pool.end());
  return pool;
}

/** Makes the roles and an empty database as the runbook says; the owner's URL. */
async function makeRoles(t: ExecutionContext, server: Server, database: string): Promise<string> {
  const superuser = usePool(t, server.url);
  // the block is pasted as it is: create database may stand in no transaction, so statement by statement
  await runbook.each(superuser, 'roles', { ...names, database });
  return databaseUrl(loginUrl(server.url, names.owner, names.owner_password), database);
}

/** A migrated database with cases, an edit, an operation that has ended, and one that waits. */
async function fill(t: ExecutionContext, ownerUrl: string) {
  await migrate({ ownerUrl, logger, current: true });
  const pool = usePool(t, ownerUrl);
  const suite = await makeSuite(pool, { slug: 'regression' });
  await appendMany(pool, suite, 700, ['rag']);
  await append(pool, suite, [{ external_key: 'c0001', input: 'edited' }], 'update');
  const operation = await operate(pool, 'bulk_tag', {
    suite_id: suite,
    where_tags: 'rag',
    add: ['gold'],
  });
  const waiting = await submitInChunks(pool, 'bulk_set_status', suite, {
    all_cases: true,
    set_status: 'archived',
  });
  const { token } = await callOne<{ token: string }>(pool, 'create_token', { suite_ids: [suite] });
  return { pool, suite, operation, waiting, token };
}

/** Shows that the restored database does all that the old one did. */
async function works(
  t: ExecutionContext,
  ownerUrl: string,
  { suite, operation, waiting, token }: Awaited<ReturnType<typeof fill>>,
) {
  const pool = usePool(t, ownerUrl);
  await useWorker(t, { ownerUrl });
  t.is((await finished(pool, waiting)).state, 'succeeded', 'what waited goes on');
  t.is(
    (await append(pool, suite, [{ external_key: 'c0002', tags: ['rag'] }]))[0]?.outcome,
    'unchanged',
  );
  t.is((await append(pool, suite, [{ external_key: 'new' }]))[0]?.outcome, 'inserted');
  const versions = async () =>
    (await pool.query('select count(*)::int as n from bulkhead.test_case_versions')).rows[0].n;
  const before = await versions();
  await pool.query(
    `update bulkhead.test_cases set input = '"edited"' where external_key = 'c0003'`,
  );
  t.is(await versions(), before + 1, 'the trigger that keeps versions is there');
  const undone: Operation = await undo(pool, operation);
  t.is(undone.changed, '700');
  await t.throwsAsync(pool.query('delete from bulkhead.audit_log'), { code: 'TCAUD' });
  const { rows } = await pool.query(
    'select principal from bulkhead.use_credential(sha256($1::bytea))',
    [Buffer.from(token)],
  );
  t.is(rows.length, 1, 'the token lets in');
}

/** What the doctor finds wrong. */
const findings = ({ stdout }: { stdout: string }) =>
  stdout.split('\n').filter((line) => /^[✖!]/.test(line) || / to mend it: /.test(line));

/** What it finds wrong with the database that was dumped: its login for the API gets the password of the tests. */
async function findingsOf(t: ExecutionContext, ownerUrl: string) {
  const database = new URL(ownerUrl).pathname.slice(1);
  const pool = usePool(t, ownerUrl);
  await runbook.each(pool, 'after', { ...names, database });
  const apiUrl = loginUrl(ownerUrl, 'bulkhead_api', names.api_password);
  return findings(
    await upgrade.sh(t, 'doctor', { DATABASE_URL: ownerUrl, BULKHEAD_API_DATABASE_URL: apiUrl }),
  );
}

maybe('the owner dumps, and restores into a server that knows nothing of it', async (t) => {
  const cwd = await fs.mkdtemp(join(tmpdir(), 'bulkhead-backup-'));
  t.teardown(() => fs.rm(cwd, { recursive: true }));
  const [old, empty] = [await startDumpable(t), await startDumpable(t)];
  t.log(`pg_dump and both servers: PostgreSQL ${old.version}`);
  const oldUrl = await makeRoles(t, old, 'evals');
  const filled = await fill(t, oldUrl);
  const backup = await runbook.sh(t, 'backup', { cwd, DATABASE_URL: oldUrl });
  t.is(backup.code, 0, backup.stderr);
  t.is(backup.stdout.trim(), '32');

  const newUrl = await makeRoles(t, empty, 'restored');
  const restored = await runbook.sh(t, 'restore', { cwd, RESTORED_URL: newUrl });
  t.is(restored.code, 0, restored.stderr);
  const pool = usePool(t, newUrl);
  await runbook.each(pool, 'after', { ...names, database: 'restored' });
  t.deepEqual(await runbook.sql(pool, 'over'), await runbook.sql(filled.pool, 'over'));
  const doctor = await runbook.sh(t, 'doctor', {
    RESTORED_URL: newUrl,
    BULKHEAD_API_DATABASE_URL: loginUrl(newUrl, 'bulkhead_api', names.api_password),
  });
  t.deepEqual(findings(doctor), await findingsOf(t, oldUrl), doctor.stderr);
  await works(t, newUrl, filled);

  await runbook.sql(pool, 'a-copy');
  const { rows } = await pool.query('select count(*)::int as n from bulkhead_private.credentials');
  t.is(rows[0].n, 0);
});

maybe('without --enable-row-security the owner is refused, as the page says', async (t) => {
  const server = await startDumpable(t);
  const url = await makeRoles(t, server, 'evals');
  await migrate({ ownerUrl: url, logger, current: true });
  const { code, stderr } = await startProgram(t, ['pg_dump', '--format=custom', url]).ended;
  t.not(code, 0);
  t.regex(stderr, /row-level security/);
});

maybe('to a newer version, through a pipe', async (t) => {
  const [old, newest] = [await startDumpable(t), await startNewest(t)];
  t.log(`PostgreSQL ${old.version} to ${newest.version}`);
  const oldUrl = await makeRoles(t, old, 'evals');
  const filled = await fill(t, oldUrl);
  t.like((await upgrade.sql(filled.pool, 'look'))[0], { slots: '0', running_operations: '0' });
  t.deepEqual(await upgrade.sql(filled.pool, 'collations'), []);
  const newUrl = await makeRoles(t, newest, 'restored');
  const piped = await upgrade.sh(t, 'pipe', { DATABASE_URL: oldUrl, RESTORED_URL: newUrl });
  t.is(piped.code, 0, piped.stderr);
  const pool = usePool(t, newUrl);
  await runbook.each(pool, 'after', { ...names, database: 'restored' });
  t.regex(String((await upgrade.sql(pool, 'after'))[0]?.version), new RegExp(`^${newest.version}`));
  t.deepEqual(await runbook.sql(pool, 'over'), await runbook.sql(filled.pool, 'over'));
  const doctor = await upgrade.sh(t, 'doctor', {
    DATABASE_URL: newUrl,
    BULKHEAD_API_DATABASE_URL: loginUrl(newUrl, 'bulkhead_api', names.api_password),
  });
  t.deepEqual(findings(doctor), await findingsOf(t, oldUrl), doctor.stderr);
  await works(t, newUrl, filled);
});

maybe('every block of both runbooks was run', (t) => {
  t.deepEqual([...runbook.left(), ...upgrade.left()], []);
});
