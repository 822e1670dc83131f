/** The way to a provider of another site and back, with a browser's own rules for cookies. */
import test from 'ava';
import { hasBrowser, openBrowser } from '../helpers/chromium.ts';
import { useDatabase } from '../helpers/database.ts';
import { openProvider } from '../helpers/oidc.ts';
import { startSignIn } from '../helpers/sign-in.ts';

const db = useDatabase(test);

test('who opens a link to a page signs in at the provider, and comes to that page', async (t) => {
  if (!hasBrowser(t)) return;
  // for a browser localhost and 127.0.0.1 are two sites
  const provider = await openProvider('localhost');
  t.teardown(provider.stop);
  const { issuer, clientId, clientSecret } = provider.config;
  const { url } = await startSignIn(t, db, {
    BULKHEAD_OIDC_ISSUER: issuer,
    BULKHEAD_OIDC_CLIENT_ID: clientId,
    BULKHEAD_OIDC_CLIENT_SECRET: clientSecret,
  });
  provider.start([url]);

  const { page, context } = await openBrowser(t);
  await page.goto(`${url}/ruru`);
  await page.click(`text=Sign in with ${new URL(issuer).host}`);
  await page.fill('input[name=login]', 'ada');
  await page.fill('input[name=password]', 'any');
  await page.click('button[type=submit]');
  await page.click('button[type=submit]');
  await page.waitForURL(`${url}/ruru`);
  const names = (await context.cookies(url)).map(({ name }) => name);
  t.deepEqual(names, ['bulkhead_session']);
  await page.goto(`${url}/`);
  t.regex(await page.innerText('main'), /Ada Lovelace.*person:ada/s);
});
