import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { describeServer, withClient } from '../../src/database/admin.ts';
import { findEmbedded } from '../../src/database/embedded.ts';
import { findPostmaster, isAlive } from '../../src/database/postmaster.ts';
import { makeDataDir, type Run, runBulkhead, startBulkhead } from '../helpers/bulkhead.ts';

/** The exit code of a refusal that is about the set-up. */
const setUp = 6;
const running = /running at (http:\/\/127\.0\.0\.1:(\d+))/;

/** The server of a data folder, which must be there. */
async function serverOf(dataDir: string) {
  const server = await findPostmaster(join(dataDir, 'postgres'));
  if (!server) throw new Error(`no server in ${dataDir}`);
  return server;
}

/** Whether a server that recovers from a crash takes connections again. */
const recovered = (url: string) =>
  withClient(url, describeServer).then(
    () => true,
    () => false,
  );

async function interrupt(run: Run) {
  run.child.kill('SIGINT');
  return run.ended;
}

test('up serves, stops on Ctrl-C without a trace, and finds its data again', async (t) => {
  const dataDir = await makeDataDir(t);
  const environment = { BULKHEAD_DATA_DIR: dataDir };

  const first = startBulkhead(t, ['up', '--no-demo'], environment);
  const [, url] = await first.prints(running);
  t.is((await fetch(`${url}/healthz`)).status, 200);
  t.is((await fetch(`${url}/readyz`)).status, 200);
  const { pid } = await serverOf(dataDir);
  const { ownerUrl } = (await findEmbedded(dataDir)) ?? t.fail();
  await withClient(ownerUrl, (client) =>
    client.query(`select bulkhead.create_suite(slug => 'kept', name => 'Kept')`),
  );
  t.is(await interrupt(first), 0, first.output());
  t.false(isAlive(pid));
  await t.throwsAsync(fetch(`${url}/healthz`));

  const second = startBulkhead(t, ['up', '--no-demo'], environment);
  await second.prints(running);
  const { ownerUrl: again } = (await findEmbedded(dataDir)) ?? t.fail();
  const { rows } = await withClient(again, (client) =>
    client.query('select slug from bulkhead.test_suites'),
  );
  t.deepEqual(rows, [{ slug: 'kept' }]);

  const third = await runBulkhead(t, ['up'], environment);
  t.is(third.code, setUp);
  t.regex(third.output, /Another bulkhead \(pid \d+\) is running on/);
  t.is((await fetch(`${(await second.prints(running))[1]}/healthz`)).status, 200);
  t.is(await interrupt(second), 0);
});

test('a server whose parent was killed is used again, then stopped', async (t) => {
  const dataDir = await makeDataDir(t);
  const environment = { BULKHEAD_DATA_DIR: dataDir };

  const killed = startBulkhead(t, ['up', '--no-demo'], environment);
  await killed.prints(running);
  const orphan = await serverOf(dataDir);
  killed.child.kill('SIGKILL');
  await killed.ended;
  t.true(isAlive(orphan.pid));

  const heir = startBulkhead(t, ['up', '--no-demo'], environment);
  await heir.prints(running);
  t.deepEqual(await serverOf(dataDir), orphan);
  t.is(await interrupt(heir), 0);
  t.false(isAlive(orphan.pid));

  // The number of a server that is gone may be another process's by now: here, this one's.
  const stale = [process.pid, join(dataDir, 'postgres'), 0, orphan.port, '', '127.0.0.1', '', ''];
  await fs.writeFile(join(dataDir, 'postgres', 'postmaster.pid'), stale.join('\n'));
  const { code, output } = await runBulkhead(t, ['doctor'], environment);
  t.is(code, 0, output);
});

test('a crash of one connection is survived; a server that ends by itself ends up', async (t) => {
  const dataDir = await makeDataDir(t);
  const run = startBulkhead(t, ['up', '--no-demo'], { BULKHEAD_DATA_DIR: dataDir });
  await run.prints(running);
  const { ownerUrl } = (await findEmbedded(dataDir)) ?? t.fail();
  await t.throwsAsync(
    withClient(ownerUrl, async (client) => {
      client.on('error', () => {});
      const { rows } = await client.query('select pg_backend_pid() as pid');
      process.kill(rows[0].pid, 'SIGKILL');
      await client.query('select pg_sleep(60)');
    }),
  );
  while ((await recovered(ownerUrl)) === false) await sleep(50);
  t.is(run.child.exitCode, null, run.output());

  process.kill((await serverOf(dataDir)).pid, 'SIGINT');
  t.is(await run.ended, 1);
});

test('a busy port is named, and another one used', async (t) => {
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  t.teardown(() => busy.close());
  const { port } = busy.address() as { port: number };

  const run = startBulkhead(t, ['up', '--no-demo'], {
    BULKHEAD_DATA_DIR: await makeDataDir(t),
    BULKHEAD_PORT: String(port),
  });
  const [, url, used] = await run.prints(running);
  t.regex(run.output(), new RegExp(`Port ${port} is in use by another program; using ${used}`));
  t.is((await fetch(`${url}/healthz`)).status, 200);
  t.is(await interrupt(run), 0);
});
