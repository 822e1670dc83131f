/** Signing in as a person does it: with the link that was printed, in a real browser. */
import test from 'ava';
import { withClient } from '../../src/database/admin.ts';
import { findEmbedded } from '../../src/database/embedded.ts';
import { makeDataDir, startBulkhead } from '../helpers/bulkhead.ts';
import { hasBrowser, openBrowser } from '../helpers/chromium.ts';

test('the printed link leads to the suites and to Ruru, until one signs out', async (t) => {
  if (!hasBrowser(t)) return;
  const dataDir = await makeDataDir(t);
  const run = startBulkhead(t, ['up', '--no-demo'], { BULKHEAD_DATA_DIR: dataDir });
  const [link, url] = await run.prints(/(http:\/\/127\.0\.0\.1:\d+)\/sign-in\/link\?key=\w+/);
  const { ownerUrl } = (await findEmbedded(dataDir)) ?? t.fail();
  await withClient(ownerUrl, (client) =>
    client.query("select bulkhead.create_suite(slug => 'seen', name => 'Seen <here>')"),
  );

  const { context, page, complaints } = await openBrowser(t);
  await page.goto(link);
  t.is(page.url(), `${url}/`);
  t.regex(await page.innerText('main'), /This machine.*person:local.*an admin/s);
  t.is(await page.innerText('tbody tr'), 'Seen <here>\tseen\towner');
  const [cookie] = await context.cookies();
  t.like(cookie, {
    name: 'bulkhead_session',
    httpOnly: true,
    sameSite: 'Lax',
    domain: '127.0.0.1',
  });

  const introspection = page.waitForResponse(`${url}/graphql`);
  await page.click('text=Try queries');
  await page.waitForURL(`${url}/ruru`);
  await introspection;
  const editor = page.locator('.graphiql-query-editor .monaco-editor');
  await editor.locator('.view-line').first().waitFor();
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{ me { principal isAdmin } }');
  // the editor has closed a bracket by itself
  await page.keyboard.press('Control+Shift+End');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+Enter');
  const result = page.locator('.result-window');
  await result.getByText('person:local').first().waitFor();
  t.regex(await result.innerText(), /"isAdmin":\s*true/);

  await page.goto(`${url}/`);
  await page.click('text=Sign out');
  await page.waitForURL(`${url}/sign-in`);
  t.deepEqual(await context.cookies(), []);
  await page.goto(`${url}/ruru`);
  t.is(page.url(), `${url}/sign-in?to=/ruru`);
  t.deepEqual(complaints, []);

  // the same link again, and a token that nobody was given
  await page.goto(link);
  t.regex(await page.innerText('main'), /bulkhead sign-in-link/);
  await page.click('text=To the sign-in page');
  await page.fill('input[name=token]', 'bhd_nothing');
  await page.click('button');
  t.regex(await page.innerText('[role=alert]'), /\.$/);
  t.regex(complaints.join('\n'), /401 \(Unauthorized\)/);
});
