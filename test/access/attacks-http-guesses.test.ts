/** Guesses by every way in are turned away, and cost the database nothing. */
import test from 'ava';
import { makeSession, makeToken } from '../helpers/access.ts';
import { codeOf, see } from '../helpers/access-api.ts';
import { type Api, connectSocket, headersOf, openApi } from '../helpers/api.ts';
import { makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';
import { guess } from '../helpers/guesses.ts';
import { countStatements } from './counting.ts';

let counted: ReturnType<typeof countStatements>;
let api: Api;
test.serial.after.always('stop the server', () => api?.stop());
const db = useDatabase(test);

test.serial.before('start a server', async () => {
  counted = countStatements(db.name);
  api = await openApi(db);
});
test.after.always('count no more', () => counted?.stop());

const query = '{ me { principal } }';

/** Ways to show a secret, each with one that nobody was given. */
const ways: Record<string, () => Promise<Response>> = {
  'a token': () => graphql({ authorization: `Bearer ${guess('bhd_')}` }),
  'a session': () => graphql(headersOf(api.url, guess('bhs_'))),
  'signing in': () =>
    fetch(`${api.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: guess('bhd_') }),
      headers: { origin: api.url },
    }),
  'a sign-in link': () =>
    fetch(`${api.url}/sign-in/link?key=${guess('bhl_')}`, { redirect: 'manual' }),
};

const graphql = (headers: Record<string, string>) =>
  fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });

test.serial('unknown and hidden cost the same statements, and a guess one', async (t) => {
  const [own, other] = [await makeSuite(db.pool), await makeSuite(db.pool)];
  const { token } = await makeToken(db.pool, 'viewer', [own]);
  const as = api.as(token);
  const { rows } = await db.pool.query(
    `select s.slug, (select id from bulkhead.bulk_tag(suite_id => s.id, all_cases => true, add => array['new'])) as operation
     from bulkhead.test_suites s where id = $1`,
    [other],
  );
  const [{ slug, operation }] = rows;
  const asked = async (document: string) => {
    await see(as, { query: document });
    counted.take();
    const { body } = await see(as, { query: document });
    return {
      code: body.errors?.[0]?.extensions.code,
      texts: counted.take().map(({ text }) => text),
    };
  };
  for (const document of [
    `{ suite(id: "<id>") { slug cases { totalCount } tagCloud { tag } } }`,
    `{ suiteBySlug(slug: "<slug>") { id } }`,
    `{ suiteId(slug: "<slug>") }`,
    `{ countCases(suiteId: "<id>") }`,
    `{ operation(suiteId: "<id>", id: "${operation}") { state suite { slug } } }`,
    `mutation { appendCases(input: { suiteId: "<id>", cases: [{ input: 1 }] }) { results { caseId } } }`,
    `mutation { updateSuite(input: { id: "<id>", patch: { name: "x" } }) { suite { id } } }`,
    `mutation { deleteSuite(input: { suiteId: "<id>" }) { suite { id } } }`,
  ]) {
    const hidden = await asked(document.replace('<id>', other).replace('<slug>', slug));
    const unknown = await asked(
      document.replace('<id>', '888888').replace('<slug>', 'nothing-here'),
    );
    t.deepEqual(hidden, unknown, document);
    t.true(hidden.texts.length > 0, document);
  }
  counted.take();
  await ways['a token']?.();
  t.deepEqual(counted.take().length, 1);
});

test.serial(
  '10,000 guesses by all ways: a few are looked at, and the database hears of no other',
  async (t) => {
    const { token } = await makeToken(db.pool, 'viewer', [await makeSuite(db.pool)]);
    const session = await makeSession(db.pool);
    for (const secret of [token, session])
      t.is(codeOf(await see(api.as(secret), { query }), 'me'), 'ok');
    counted.take();
    const statuses: Record<number, number> = {};
    const all = Object.values(ways);
    for (let n = 0; n < 10_000; n += 100) {
      const batch = Array.from({ length: 100 }, (_, i) => all[i % all.length]?.());
      for (const answer of await Promise.all(batch)) {
        if (!answer) continue;
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        if (answer.status === 429) t.true(Number(answer.headers.get('retry-after')) > 0);
        await answer.arrayBuffer();
      }
    }
    const asked = counted.take();
    t.log(`${JSON.stringify(statuses)}, ${asked.length} statements`);
    t.deepEqual(Object.keys(statuses), ['401', '429']);
    // Each way has its own turns: of those that begin at once a few more get as far as being looked at.
    t.true((statuses[401] ?? 0) <= 40);
    t.true(asked.length <= 40, `${asked.length} statements`);

    // Whoever was let in before is let in from there all the same.
    for (const secret of [token, session])
      t.is(codeOf(await see(api.as(secret), { query }), 'me'), 'ok');
  },
);

test.serial('a socket is no other way to guess', async (t) => {
  counted.take();
  const codes = new Set<number>();
  for (let n = 0; n < 100; n++) {
    const client = connectSocket(api.url, guess('bhd_'));
    const closed = new Promise<number>((resolve) =>
      client.on('closed', (event) => resolve((event as CloseEvent).code)),
    );
    await t.throwsAsync(
      async () => {
        for await (const _ of client.iterate({ query })) t.fail();
      },
      { any: true },
    );
    codes.add(await closed);
  }
  t.deepEqual([...codes], [4429]);
  t.is(counted.take().length, 0);
});

test.serial('what is cut off, or no secret at all, never reaches the database', async (t) => {
  const fresh = await openApi(db, { publicUrl: 'https://bulkhead.example.org' });
  t.teardown(fresh.stop);
  counted.take();
  const whole = guess('bhd_');
  const broken = [
    whole.slice(0, -1),
    `${whole}0`,
    whole.toUpperCase(),
    'bhd_',
    `${whole.slice(0, -1)}x`,
    whole.replace('bhd_', 'bhs_'),
    "bhd_' or true --",
    'a'.repeat(10_000),
  ];
  for (const [index, secret] of broken.entries()) {
    const answer = await fetch(`${fresh.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'x-forwarded-for': `10.2.0.${index}` },
    });
    t.is(answer.status, 401, secret);
  }
  t.deepEqual(counted.take(), []);
});
