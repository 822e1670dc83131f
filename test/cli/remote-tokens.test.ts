/** `bulkhead token` over HTTP: without any way to the database. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { makeCli } from './remote.ts';

const api = useApi(test);

test.serial('a token is made, listed and revoked on the server of BULKHEAD_URL', async (t) => {
  const [one, two] = [await api.suite('one'), await api.suite('two')];
  const cli = await makeCli(t, api, 'owner', [one, two]);
  const made = await cli.run([
    ...['token', 'create', '--suite', 'one', '--suite', 'two', '--role', 'appender'],
    ...['--name', 'ci', '--expires', '12w'],
  ]);
  t.is(made.code, 0, made.stderr);
  t.regex(made.stdout, /^bhd_[0-9a-f]{48}\n$/);
  t.regex(
    made.stderr,
    /^token:2, appender of one, two; expires .* UTC\. It is shown this once\.\n$/,
  );
  const seen = await cli.json(['suites'], { env: { BULKHEAD_TOKEN: made.stdout } });
  t.is(seen.length, 2);

  const listed = await cli.json(['token', 'list']);
  t.deepEqual(
    listed.map((row: { principal: string; suite: string }) => [row.principal, row.suite]),
    [
      ['token:1', 'one'],
      ['token:1', 'two'],
      ['token:2', 'one'],
      ['token:2', 'two'],
    ],
  );
  t.deepEqual(Object.keys(listed[0]).sort(), [
    ...['createdAt', 'createdBy', 'expiresAt', 'hint', 'lastUsedAt', 'name', 'principal', 'role'],
    'suite',
  ]);
  t.regex(await cli.out(['token', 'list', '--suite', 'one']), /│ token:2 +│ ci +│ bhd_/);
  t.is(
    await cli.out(['token', 'revoke', '2', '--suite', 'one']),
    'token:2 reaches no longer: one\n',
  );
  t.deepEqual(await cli.json(['token', 'revoke', 'token:2']), {
    principal: 'token:2',
    suites: ['two'],
  });
  await cli.refused(['token', 'revoke', '2'], 3, /no token "token:2"/);
  await cli.refused(['token', 'create', '--suite', 'three'], 3, /there is no suite "three"/);

  const forever = await cli.json(['token', 'create', '--suite', 'two', '--expires', 'never']);
  t.like(forever, { principal: 'token:3', role: 'viewer', suites: ['two'], expiresAt: null });
  t.regex(forever.token, /^bhd_/);
});

test.serial('a token that is no owner makes none', async (t) => {
  const suite = await api.suite('three');
  const cli = await makeCli(t, api, 'editor', [suite]);
  await cli.refused(['token', 'create', '--suite', 'three'], 4, /owner/);
});

test.serial('without a token it is said how the first one comes about', async (t) => {
  const cli = await makeCli(t, api, 'owner', [await api.suite('four')]);
  const says =
    /where the database is, with BULKHEAD_URL unset: bulkhead token create .*--role owner/;
  const create = ['token', 'create', '--suite', 'four'];
  await cli.refused(create, 6, says, { env: { BULKHEAD_TOKEN: '' } });
  await cli.refused(create, 2, says, { env: { BULKHEAD_TOKEN: `bhd_${'0'.repeat(48)}` } });
});
