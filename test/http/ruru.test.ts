import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { hasBrowser, openBrowser } from '../helpers/chromium.ts';

const api = useApi(test);

test('whoever is not signed in is sent to where one does', async (t) => {
  for (const headers of [{}, { cookie: 'bulkhead_session=bhs_nonsense' }]) {
    const answer = await fetch(`${api.url}/ruru`, { headers, redirect: 'manual' });
    t.is(answer.status, 303);
    t.is(answer.headers.get('location'), '/sign-in?to=/ruru');
  }
});

test('only scripts that are numbered run, and each page has another number', async (t) => {
  const policies = new Set<string>();
  for (let page = 0; page < 2; page++) {
    const answer = await fetch(`${api.url}/ruru`, { headers: api.headers });
    const policy = answer.headers.get('content-security-policy') ?? '';
    policies.add(policy);
    const scripts = (await answer.text()).match(/<script[^>]*>/g) ?? [];
    t.true(scripts.length > 2);
    const [, nonce] = /'nonce-([^']+)'/.exec(policy) ?? [];
    for (const script of scripts) t.true(script.includes(`nonce="${nonce}"`), script);
    t.notRegex(policy.replace(/style-src[^;]*/, ''), /unsafe|\*/);
  }
  t.is(policies.size, 2);
});

test('with a session one runs a query in a real browser, and nothing is refused', async (t) => {
  if (!hasBrowser(t)) return;
  const { context, page, complaints } = await openBrowser(t);
  await context.addCookies([{ name: 'bulkhead_session', value: api.secret, url: api.url }]);
  await page.goto(`${api.url}/ruru`);
  await page.locator('.graphiql-query-editor').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{ me { principal } }');
  // The editor has closed a bracket by itself.
  await page.keyboard.press('Control+Shift+End');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+Enter');
  await page.locator('.result-window').getByText('person:tester').first().waitFor();
  t.deepEqual(complaints, []);
});
