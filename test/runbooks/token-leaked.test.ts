/** Somebody has a token of CI, appends and re-tags with it over HTTP; it is revoked, and what it did is taken back. */
import test from 'ava';
import { makeToken } from '../helpers/access.ts';
import { useApi } from '../helpers/api.ts';
import { append, appendMany, statusByKey, tagsByKey } from '../helpers/cases.ts';
import { readBlocks } from '../helpers/markdown.ts';
import { startProgram } from '../helpers/psql.ts';
import { hashSecret } from '../helpers/roles.ts';
import { useRunbook } from '../helpers/runbooks.ts';

const api = useApi(test);
const runbook = useRunbook('token-leaked');

test.serial('found, revoked, and its deeds undone', async (t) => {
  const { pool } = api.db;
  const suite = await api.suite('regression');
  await appendMany(pool, suite, 5, ['rag']);
  await append(pool, suite, [{ external_key: 'later', tags: ['gold'] }]);
  const leaked = await makeToken(pool, 'editor', [suite], { name: 'ci' });
  const thief = api.as(leaked.token);
  const { rows } = await pool.query('select clock_timestamp()::text as since');
  const variables = { token: leaked.principal, since: rows[0].since };

  const appended = await thief.send(
    `mutation ($suite: BigInt!) {
       appendCases(input: { suiteId: $suite, cases: [{ external_key: "planted", input: "x" }] }) { results { outcome } }
     }`,
    { suite },
  );
  t.is(appended.errors, undefined, JSON.stringify(appended.errors));
  const tagged = await thief.send(
    `mutation ($suite: BigInt!) {
       bulkTag(input: { suiteId: $suite, whereTags: "rag", add: ["gold"] }) { operation { state changed } }
     }`,
    { suite },
  );
  t.is(tagged.data?.bulkTag.operation.changed, '5', JSON.stringify(tagged));

  // the block reads the token from its standard input, as the page says
  await runbook.sh(t, 'hash');
  const hashing = readBlocks('docs/runbooks/token-leaked.md').find(({ name }) => name === 'hash');
  const { stdout } = await startProgram(t, ['bash', '-c', hashing?.text ?? ''], {
    input: `${leaked.token}\n`,
  }).ended;
  const sha256 = stdout.trim();
  t.is(sha256, hashSecret(leaked.token).toString('hex'));
  t.like((await runbook.sql(pool, 'whose', { sha256 }))[0], {
    kind: 'token',
    principal: leaked.principal,
  });
  const [hinted] = await runbook.sql(pool, 'whose-by-hint', {
    beginning: leaked.token.slice(0, 20),
  });
  t.like(hinted, { principal: leaked.principal, slug: 'regression' });
  t.like((await runbook.sql(pool, 'reach', variables))[0], { slug: 'regression', role: 'editor' });

  t.is((await runbook.sql(pool, 'revoke', variables)).length, 1);
  t.like((await runbook.sql(pool, 'over', variables))[0], { credentials: '0', suites: '0' });
  const refused = await thief.send('{ me { principal } }');
  t.truthy(refused.errors);

  const deeds = await runbook.sql(pool, 'deeds', variables);
  t.deepEqual(
    deeds.map(({ action, subject }) => [action, subject]),
    [
      ['appended', 'case'],
      ['succeeded', 'operation'],
    ],
  );
  const [undone] = await runbook.sql(pool, 'undo', variables);
  t.like(undone, { state: 'succeeded', changed: '5' });
  const [archived] = await runbook.sql(pool, 'archive-appended', variables);
  t.like(archived, { state: 'succeeded', changed: '1' });
  t.like(await tagsByKey(pool, suite), { c0001: 'rag', later: 'gold' });
  t.like(await statusByKey(pool, suite), { planted: 'archived', later: 'active' });
});

test.serial('the pipeline gets a new one, and requests another key', async (t) => {
  const { pool, ownerUrl } = api.db;
  const made = await runbook.sh(t, 'new-token', { DATABASE_URL: ownerUrl });
  t.regex(made.stdout, /^bhd_[0-9a-f]{48}\n$/, made.stderr);
  const ask = () => api.as(made.stdout.trim()).run('{ me { principal } }');
  const before = await ask();
  await runbook.sql(pool, 'new-key');
  t.deepEqual(await ask(), before);
  const { rows } = await pool.query(
    'select count(*)::int as keys, min(length(inner_pad)) as inner, min(length(outer_pad)) as outer from bulkhead_private.signing_key',
  );
  t.deepEqual(rows, [{ keys: 1, inner: 64, outer: 64 }]);
});

test.serial('every block of the runbook was run', (t) => {
  t.deepEqual(runbook.left(), []);
});
