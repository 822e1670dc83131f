import test from 'ava';
import { isLoopback, readConfig } from '../../src/config.ts';
import { runBulkhead } from '../helpers/bulkhead.ts';

test('defaults', (t) => {
  const env: Record<string, string> = {};
  t.like(readConfig(env), { databaseUrl: undefined, host: '127.0.0.1', port: 5480 });
  t.is(env.GRAPHILE_ENV, 'production');
});

test('a value that cannot be used is refused by name', (t) => {
  for (const [name, value] of Object.entries({
    DATABASE_URL: 'localhost',
    BULKHEAD_API_DATABASE_URL: 'postgres://localhost',
    BULKHEAD_PORT: '65536',
    BULKHEAD_LOG_LEVEL: 'loud',
    BULKHEAD_HOST: '0.0.0.0',
  }))
    t.throws(() => readConfig({ [name]: value }), { message: new RegExp(name) });
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
