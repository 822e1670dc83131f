import test from 'ava';
import { localPath } from '../../src/http/sign-in/local-path.ts';

test('a path of this server is where one goes after signing in', (t) => {
  for (const path of [
    '/',
    '/ruru',
    '/ruru?query=%7Bme%7D#x',
    '/a//b',
    '/%2Fexample.org',
    '/%5Cexample.org',
  ])
    t.is(localPath(path), path);
});

test('anything that could lead elsewhere leads to /', (t) => {
  const elsewhere = [
    'https://example.org/',
    '//example.org',
    '///example.org',
    '/\\example.org',
    '\\\\example.org',
    '/\t/example.org',
    '/\n\\example.org',
    '\t//example.org',
    '/.//example.org',
    '/..//example.org',
    '/x/..//example.org',
    '/%2e%2e//example.org',
    'javascript:alert(1)',
    '@example.org',
    'ruru',
    '',
    undefined,
    ['/ruru', '//example.org'],
  ];
  for (const to of elsewhere) t.is(localPath(to), '/', JSON.stringify(to));
});

test('the pages of signing in are no place to go to', (t) => {
  for (const path of [
    '/sign-in',
    '/sign-in?to=/sign-in',
    '/sign-in/oidc',
    '/sign-out',
    '/x/../Sign-In',
  ])
    t.is(localPath(path), '/', path);
});
