/** Nothing of a secret is written down: not in a log at its lowest level, not where libraries write, not in the database. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { makeSession, makeToken } from '../helpers/access.ts';
import { connectSocket, headersOf, post } from '../helpers/api.ts';
import { makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { guess } from '../helpers/guesses.ts';
import { startSignIn } from '../helpers/sign-in.ts';
import { makeVisitor } from '../helpers/visitor.ts';

const db = useDatabase(test);

/** What is written to the process's own output by anybody. */
function captureOutput(t: ExecutionContext): () => string {
  let written = '';
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write);
  for (const stream of streams)
    stream.write = ((chunk: string | Uint8Array) => {
      written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    }) as never;
  const restore = () => {
    for (const [index, stream] of streams.entries()) stream.write = writes[index] as never;
  };
  t.teardown(restore);
  return () => {
    restore();
    return written;
  };
}

/** A secret and its hash, as anybody might write them. */
function traces(secret: string): string[] {
  const hash = createHash('sha256').update(secret).digest();
  const digits = secret.slice(4);
  return [
    digits,
    digits.slice(8, 24),
    digits.toUpperCase(),
    Buffer.from(secret).toString('base64').slice(0, -4),
    hash.toString('hex'),
    hash.toString('hex').toUpperCase(),
    hash.toString('base64').slice(0, -2),
    hash.toString('base64url').slice(0, -2),
    JSON.stringify([...hash]).slice(1, -1),
    [...hash].join(', '),
  ];
}

test.serial(
  'a whole run of tokens, sessions, cookies and links leaves none of them anywhere',
  async (t) => {
    const written = captureOutput(t);
    const { url, log } = await startSignIn(t, db);
    const suite = await makeSuite(db.pool);
    const made = await makeToken(db.pool, 'owner', [suite]);
    const session = await makeSession(db.pool, 'person:logged');
    const { rows } = await db.pool.query(
      `select bulkhead_private.create_sign_in_link('person:linked', '', interval '1 hour') as link`,
    );
    const link: string = rows[0].link;
    const guesses = ['bhd_', 'bhs_', 'bhl_'].map(guess);
    const secrets = [made.token, session, link, ...guesses];

    // Everything that a secret can be shown by, good and bad.
    const visitor = makeVisitor();
    await visitor.submit(`${url}/sign-in`, { token: made.token, to: '/' });
    secrets.push(visitor.cookie('bulkhead_session')?.value ?? '');
    await visitor.visit(`${url}/`);
    await visitor.submit(`${url}/sign-out`, {});
    const linked = makeVisitor();
    for (let twice = 0; twice < 2; twice++) await linked.visit(`${url}/sign-in/link?key=${link}`);
    secrets.push(linked.cookie('bulkhead_session')?.value ?? '');
    for (const secret of secrets) {
      for (const headers of [
        headersOf(url, secret),
        { authorization: `Bearer ${secret}` },
        { cookie: `bulkhead_session=${secret}`, origin: 'https://example.org' },
        { authorization: secret },
      ])
        await post(url, { query: '{ me { principal } }' }, headers as Record<string, string>);
      for (const path of [
        `/${secret}`,
        `/sign-in?to=/${secret}`,
        `/sign-in/link?key=${secret}x`,
        `/ruru?${secret}`,
        `/sign-in/oidc/callback?code=${secret}`,
        `/%${secret}`,
        `/healthz?token=${secret}`,
      ])
        await (await fetch(url + path, { redirect: 'manual' })).arrayBuffer();
      const socket = connectSocket(url, secret);
      await socket
        .iterate({ query: '{ me { principal } }' })
        .next()
        .catch(() => {});
      await socket.dispose();
    }
    // In what is asked and answered, by requests that fail as well: one of them for a reason that nobody foresaw.
    const as = { authorization: `Bearer ${made.token}` };
    const create = `mutation { createToken(input: { suiteIds: ["${suite}"], name: "logged" }) { result { token } } }`;
    const created = await post(url, { query: create }, as);
    secrets.push(created.data.createToken.result.token);
    await db.pool.query('alter function bulkhead.normalize_tag(text) rename to gone');
    for (const query of [
      '{ normalizeTag(label: "<s>") }',
      '{ suiteBySlug(slug: "<s>") { id } }',
      '{ <s> }',
      '{ suite(id: "<s>") { id } }',
      `{ suite(id: "${suite}") { cases(after: "<s>") { totalCount } } }`,
      `mutation { appendCases(input: { suiteId: "${suite}", cases: "<s>" }) { results { caseId } } }`,
      `{ countCases(suiteId: "${suite}", whereTags: "<s> and") }`,
    ])
      for (const secret of secrets) await post(url, { query: query.replace('<s>', secret) }, as);
    const unforeseen = await post(
      url,
      { query: `query ($l: String!) { normalizeTag(label: $l) }`, variables: { l: made.token } },
      as,
    );
    await db.pool.query('alter function bulkhead.gone(text) rename to normalize_tag');
    t.is(unforeseen.errors?.[0]?.extensions.code, 'INTERNAL');
    t.notRegex(JSON.stringify(unforeseen), /bhd_/);

    const all = log() + written();
    t.true(log().split('\n').length > secrets.length, 'nothing was logged');
    t.is(new Set(secrets).size, 9);
    for (const secret of secrets)
      for (const trace of traces(secret))
        t.false(all.includes(trace), `${secret.slice(0, 4)}: ${lineWith(all, trace)}`);
  },
);

const lineWith = (text: string, part: string) =>
  text
    .split('\n')
    .find((line) => line.includes(part))
    ?.slice(0, 2000);

test.serial(
  'the database keeps no secret, and no table that a request reads has a hash',
  async (t) => {
    const suite = await makeSuite(db.pool);
    const { token, hint } = await makeToken(db.pool, 'viewer', [suite]);
    t.true(token.startsWith(hint) && hint.length <= 12, hint);
    const hash = createHash('sha256').update(token).digest('hex');
    const { rows: tables } = await db.pool.query(`
    select c.oid::regclass::text as name, has_table_privilege('bulkhead_user', c.oid, 'select') as open
    from pg_class c
    where c.relkind in ('r', 'v', 'm') and c.relnamespace::regnamespace::text in ('bulkhead', 'bulkhead_private', 'graphile_worker')`);
    for (const { name, open } of tables) {
      const { rows } = await db.pool.query(`select to_jsonb(x)::text as row from ${name} x`);
      const all = rows.map(({ row }) => row).join('\n');
      t.false(all.includes(token.slice(4)), name);
      if (open) t.false(all.includes(hash), name);
    }
    t.true(tables.length > 15);
  },
);

/** Frames as no client of WebSocket sends them, and the code with which the socket is closed. */
const badFrames: [what: string, frame: number[], code: number][] = [
  ['longer than a message may be', [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], 1009],
  ['not masked', [0x81, 0x01, 0x20], 1002],
  ['of no kind', [0x83, 0x80, 0, 0, 0, 0], 1002],
  ['not UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
];

test.serial(
  'a frame that is none closes its socket, and is a line of the log at most',
  async (t) => {
    const written = captureOutput(t);
    const { url, log } = await startSignIn(t, db);
    for (const [what, frame, code] of badFrames) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      await once(socket, 'open');
      const { _socket: raw } = socket as unknown as { _socket: Socket };
      raw.write(Buffer.from(frame));
      t.is((await once(socket, 'close'))[0], code, what);
    }
    t.notRegex(written(), /Error/);
    const lines = log().trim().split('\n');
    const failed = lines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'a socket failed');
    t.is(failed.length, badFrames.length);
    t.true(failed.every(({ level, err }) => level === 20 && err.message));
  },
);
