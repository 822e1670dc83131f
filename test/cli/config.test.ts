import test from 'ava';
import { isLoopback, readConfig, readRemote } from '../../src/config.ts';
import { runBulkhead } from '../helpers/bulkhead.ts';

test('defaults', (t) => {
  const env: Record<string, string> = {};
  t.like(readConfig(env), {
    databaseUrl: undefined,
    host: '127.0.0.1',
    port: 5480,
    publicUrl: undefined,
    oidc: undefined,
    rateLimit: 6000,
  });
  t.is(env.GRAPHILE_ENV, 'production');
});

test('a value that cannot be used is refused by name', (t) => {
  for (const [name, value] of Object.entries({
    DATABASE_URL: 'localhost',
    BULKHEAD_API_DATABASE_URL: 'postgres://localhost',
    BULKHEAD_PORT: '65536',
    BULKHEAD_LOG_LEVEL: 'loud',
    BULKHEAD_HOST: '0.0.0.0',
    BULKHEAD_PUBLIC_URL: 'http://bulkhead.example.org',
    BULKHEAD_RATE_LIMIT: '0',
  }))
    t.throws(() => readConfig({ [name]: value }), { message: new RegExp(name) });
});

test('other machines are served behind TLS, or by whoever says that it is not needed', (t) => {
  const env = { BULKHEAD_HOST: '0.0.0.0' };
  const publicUrl = 'https://bulkhead.example.org';
  t.like(readConfig({ ...env, BULKHEAD_PUBLIC_URL: `${publicUrl}/` }), {
    host: '0.0.0.0',
    publicUrl,
  });
  t.like(readConfig({ ...env, BULKHEAD_ALLOW_PLAIN_HTTP: '1' }), { host: '0.0.0.0' });
  t.throws(() => readConfig({ ...env, BULKHEAD_ALLOW_PLAIN_HTTP: 'no' }));
  for (const url of [
    'https://a.org/path',
    'https://me@a.org',
    'https://a.org?x',
    'a.org',
    'ftp://a.org',
  ])
    t.throws(() => readConfig({ BULKHEAD_PUBLIC_URL: url }), undefined, url);
});

test('a sign-in provider is set as a whole, and is reached by https', (t) => {
  const env = {
    BULKHEAD_OIDC_ISSUER: 'https://login.example.org/realms/evals',
    BULKHEAD_OIDC_CLIENT_ID: 'bulkhead',
    BULKHEAD_OIDC_CLIENT_SECRET: 'secret',
  };
  t.deepEqual(readConfig(env).oidc, {
    issuer: env.BULKHEAD_OIDC_ISSUER,
    clientId: 'bulkhead',
    clientSecret: 'secret',
    nameClaim: 'sub',
    groupsClaim: 'groups',
  });
  for (const name of ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'].map((end) => `BULKHEAD_OIDC_${end}`))
    t.throws(() => readConfig({ ...env, [name]: '' }), { message: new RegExp(name) });
  t.throws(() => readConfig({ ...env, BULKHEAD_OIDC_ISSUER: 'http://login.example.org' }));
  t.truthy(readConfig({ ...env, BULKHEAD_OIDC_ISSUER: 'http://127.0.0.1:9000' }).oidc);
});

test('the server of a client is an origin with https, or this machine', (t) => {
  const token = `bhd_${'0123456789abcdef'.repeat(3)}`;
  const env = { BULKHEAD_URL: 'https://bulkhead.example.org/', BULKHEAD_TOKEN: token };
  t.is(readRemote({ BULKHEAD_TOKEN: token }), undefined);
  t.deepEqual(readRemote(env), { url: 'https://bulkhead.example.org', token });
  t.is(readRemote({ ...env, BULKHEAD_TOKEN: `\t${token}\r\n` })?.token, token);
  for (const url of ['http://127.0.0.1:5480', 'http://localhost:1', 'http://[::1]:5480'])
    t.is(readRemote({ ...env, BULKHEAD_URL: url })?.url, url);
  const plain = { ...env, BULKHEAD_URL: 'http://bulkhead.internal:5480' };
  t.throws(() => readRemote(plain), { message: /without TLS/ });
  t.truthy(readRemote({ ...plain, BULKHEAD_ALLOW_PLAIN_HTTP: '1' }));
  for (const url of [
    'bulkhead',
    'ftp://x.org',
    'https://u:p@x.org',
    'https://x.org/a',
    'https://x.org/?a',
  ])
    t.throws(() => readRemote({ ...env, BULKHEAD_URL: url }), { message: /not the origin/ }, url);
  for (const bad of ['', 'bhs_1', token.slice(1), `${token}0`, token.toUpperCase()]) {
    const error = t.throws(() => readRemote({ ...env, BULKHEAD_TOKEN: bad }));
    t.false(bad !== '' && `${error?.message}${JSON.stringify(error)}`.includes(bad));
  }
});

test('only names of this machine are loopback', (t) => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) t.true(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '127.0.0.1.example.org', '10.0.0.1', ''])
    t.false(isLoopback(host), host);
});

test('the command line refuses to listen for other machines', async (t) => {
  const { code, output } = await runBulkhead(t, ['up'], { BULKHEAD_HOST: '0.0.0.0' });
  t.is(code, 6);
  t.regex(output, /BULKHEAD_HOST=0\.0\.0\.0 is refused/);
});
