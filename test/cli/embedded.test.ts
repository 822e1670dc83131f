import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { describeServer, withClient } from '../../src/database/admin.ts';
import { findEmbedded, startEmbedded } from '../../src/database/embedded.ts';
import { isAlive } from '../../src/database/postmaster.ts';
import { makeLogger } from '../../src/logger.ts';
import { makeDataDir } from '../helpers/bulkhead.ts';

const logger = makeLogger('silent');

test('the embedded server takes another port than a busy one, and belongs to one starter', async (t) => {
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  t.teardown(() => busy.close());
  const { port } = busy.address() as { port: number };
  const dataDir = await makeDataDir(t);

  const both = await Promise.allSettled([
    startEmbedded({ dataDir, logger, port }),
    startEmbedded({ dataDir, logger, port }),
  ]);
  const [started] = both.filter((result) => result.status === 'fulfilled');
  const [refused] = both.filter((result) => result.status === 'rejected');
  t.is(refused?.reason.entry.name, 'ALREADY_RUNNING');
  if (!started) return t.fail();
  const server = started.value;

  t.not(server.port, port);
  t.is((await findEmbedded(dataDir))?.ownerUrl, server.ownerUrl);
  const facts = await withClient(server.ownerUrl, describeServer);
  t.like(facts, { encoding: 'UTF8', database: 'bulkhead', role: 'bulkhead_owner' });
  await server.stop();
  t.false(isAlive(server.pid));
  t.is(await findEmbedded(dataDir), undefined);
});

test('passwords are required, and kept from other users', async (t) => {
  const dataDir = await makeDataDir(t);
  const server = await startEmbedded({ dataDir, logger, port: 0 });
  const url = new URL(server.ownerUrl);
  url.password = 'wrong';
  await t.throwsAsync(withClient(url.href, describeServer), { code: '28P01' });
  await server.stop();
});
