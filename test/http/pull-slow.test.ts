/** Pulls whose reader takes his time, or goes away. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import express from 'express';
import { makeTransferPool } from '../../src/database/pools.ts';
import { limits } from '../../src/graphql/limits.ts';
import { makePull, type PullLimits, pullLimits } from '../../src/http/api/pull.ts';
import { callers } from '../../src/http/callers.ts';
import { makeLogger } from '../../src/logger.ts';
import { type Api, useApi } from '../helpers/api.ts';
import { append, call } from '../helpers/cases.ts';
import { pull, pullAndWait } from '../helpers/pull.ts';
import { openSession, until, withoutWaiting } from '../helpers/waits.ts';

const api = useApi(test);

/** A suite of 40 MB, more than any buffer between server and reader holds. */
test.serial.before('fill a large suite', async () => {
  const id = await api.suite('large');
  await api.db.pool.query(
    `insert into bulkhead.test_cases (suite_id, external_key, input)
     select $1, 'c' || n, to_jsonb(repeat(md5(n::text), 125)) from generate_series(1, 10000) as n`,
    [id],
  );
});

/** The sessions of pulls that are in a transaction. */
const busy = async () => {
  // The owner of the database does not see what the API's login does.
  const { rows } = await api.db.api.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and application_name = 'bulkhead transfer' and state <> 'idle'`,
  );
  return rows;
};

const isFree = async () => (await busy()).length === 0;

test.serial('who reads nothing holds no transaction, and gets all of it later', async (t) => {
  const answer = await pullAndWait(api, 'large');
  answer.pause();
  await until('the connection is given back', isFree);
  const session = await openSession(t, api.db);
  await withoutWaiting(session, async () => {
    await session.query('begin; lock table bulkhead.test_cases in access exclusive mode');
    await session.query('rollback');
  });
  let bytes = 0;
  let lines = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (bytes === 0) await sleep(50);
    bytes += piece.length;
    for (const byte of piece) if (byte === 10) lines += 1;
  }
  t.is(lines, 10_000);
  t.is(bytes, Number(answer.headers['content-length']));
});

test.serial('of one who goes away nothing stays, and others are served', async (t) => {
  for (let round = 0; round < 8; round++) {
    const gone = new AbortController();
    const { url, headers } = api;
    const asked = fetch(`${url}/api/suites/large/cases?format=csv`, {
      headers,
      signal: gone.signal,
    });
    await sleep(round * 20);
    gone.abort();
    await t.throwsAsync(
      asked.then((answer) => answer.arrayBuffer()),
      { name: 'AbortError' },
    );
  }
  await until('no connection is busy', isFree);
  const answer = await pull(api, 'large');
  t.is((await answer.text()).split('\n').length, 10_001);
});

/** The processes of pulls that wait for a lock. */
const waiting = async () => {
  const { rows } = await api.db.api.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and application_name = 'bulkhead transfer' and wait_event_type = 'Lock'`,
  );
  return rows;
};

/** Asks for the cases while nobody can read them; `more` goes into fetch. */
async function pullBlocked(t: ExecutionContext, more: RequestInit = {}) {
  const session = await openSession(t, api.db);
  await session.query('begin; lock table bulkhead.test_cases in access exclusive mode');
  const { url, headers } = api;
  const ask = () => fetch(`${url}/api/suites/large/cases`, { headers, ...more });
  return { session, ask };
}

test.serial('who goes away while the database waits gives the connection back', async (t) => {
  const gone = new AbortController();
  const { session, ask } = await pullBlocked(t, { signal: gone.signal });
  const asked = Array.from({ length: limits.transfers }, () => ask().catch(() => null));
  await until('all connections wait', async () => {
    return (await waiting()).length === limits.transfers;
  });
  gone.abort();
  await Promise.all(asked);
  t.is((await pull(api, 'no-such-suite')).status, 404);
  await session.query('rollback');
  await until('no connection is busy', isFree);
});

test.serial('what the database breaks off is an error, and not a shorter answer', async (t) => {
  const { session, ask } = await pullBlocked(t);
  const asked = ask();
  const [{ pid }] = (await until('it waits', async () => {
    const found = await waiting();
    return found.length > 0 ? found : null;
  })) as [{ pid: number }];
  await api.db.api.query('select pg_terminate_backend($1)', [pid]);
  const answer = await asked;
  t.is(answer.status, 503);
  const { errors } = (await answer.json()) as { errors: [{ extensions: { code: string } }] };
  t.is(errors[0].extensions.code, 'DATABASE_STOPPING');
  await session.query('rollback');
});

test.serial('what a pull by route puts on record is what it gives', async (t) => {
  const id = await api.suite('moving', [{ input: 1, tags: ['rag'] }]);
  await call(api.db.pool, 'define_route', { suite_id: id, name: 'gate', expression: 'rag' });
  // A pull stops between its record and its reading for as long as somebody holds the lock.
  await api.db.pool.query(`
    create function public.stop() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(4711); return null; end $$;
    create trigger stop after insert on bulkhead.route_pulls for each row execute function public.stop()`);
  const session = await openSession(t, api.db);
  await session.query('select pg_advisory_lock(4711)');
  const asked = pull(api, 'moving', { route: 'gate' });
  await until('it stops', async () => (await waiting()).length > 0);
  await append(api.db.pool, id, [{ input: 2, tags: ['rag'] }]);
  await session.query('select pg_advisory_unlock(4711)');
  const answer = await asked;
  t.is(answer.headers.get('x-bulkhead-cases'), '1');
  t.is((await answer.text()).trimEnd().split('\n').length, 1);
  const { rows } = await api.db.pool.query('select cases from bulkhead.route_pulls');
  t.deepEqual(rows, [{ cases: '1' }]);
});

/** The handler with limits that can be met. */
async function openLimited(t: ExecutionContext, some: Partial<PullLimits>): Promise<Api> {
  const limits = { ...pullLimits, ...some };
  const logger = makeLogger('silent');
  const pool = makeTransferPool(api.db.apiUrl, logger);
  const hash = createHash('sha256').update(api.secret).digest('hex');
  const app = express();
  app.use((request, _response, next) => {
    const expiresAt = Number.POSITIVE_INFINITY;
    callers.set(request, { hash, principal: 'person:tester', kind: 'session', expiresAt });
    next();
  });
  app.get('/api/suites/:slug/cases', makePull({ pool, logger, limits }));
  const server = app.listen(0, '127.0.0.1');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await pool.end();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { ...api, url: `http://127.0.0.1:${port}` };
}

test.serial('what finds no memory left goes to a file, and is the same', async (t) => {
  const limited = await openLimited(t, { memory: 50_000_000 });
  const files = async () => {
    const names = await readdir('/proc/self/fd');
    const targets = await Promise.all(
      names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
    );
    return targets.filter((target) => /bulkhead-.*pull \(deleted\)$/.test(target)).length;
  };
  const digest = async (answer: http.IncomingMessage) => {
    const hash = createHash('sha256');
    for await (const piece of answer) hash.update(piece);
    return hash.digest('base64url');
  };
  const inMemory = (await pullAndWait(limited, 'large')).pause();
  t.is(await files(), 0);
  const inFile = (await pullAndWait(limited, 'large')).pause();
  t.is(await files(), 1);
  const digests = [await digest(inFile), await digest(inMemory)];
  t.deepEqual(digests, [digests[1], digests[1]]);
  t.is(inFile.headers.etag, `"${digests[0]}"`);
  await until('the file is gone', async () => (await files()) === 0);
  const again = (await pullAndWait(limited, 'large')).pause();
  t.is(await files(), 0);
  again.destroy();
});

test.serial('who takes nothing for too long is cut off', async (t) => {
  const limited = await openLimited(t, { stall: 300, perCaller: 1 });
  const answer = await pullAndWait(limited, 'large');
  answer.on('error', () => {}).pause();
  // There is room for one: the next is let in when nothing is left of this one.
  await until('it is cut off', async () => {
    const next = await pull(limited, 'large', {}, { method: 'HEAD' });
    return next.status === 200;
  });
  t.false(answer.complete);
  t.is((await answer.toArray().catch((error) => error)).code, 'ECONNRESET');
});

test.serial('a caller has so many answers under way, and no more', async (t) => {
  const limited = await openLimited(t, { stall: 60_000, perCaller: 2 });
  const answers = [await pullAndWait(limited, 'large'), await pullAndWait(limited, 'large')];
  for (const answer of answers) answer.on('error', () => {}).pause();
  const third = await pull(limited, 'large', {}, { method: 'HEAD' });
  t.is(third.status, 500); // by express, which does not know of the registry
  answers[0]?.destroy();
  await until('there is room again', async () => {
    return (await pull(limited, 'large', {}, { method: 'HEAD' })).status === 200;
  });
  answers[1]?.destroy();
});
