/** The links that the command line prints. */
import test from 'ava';
import { type Run, runBulkhead, startBulkhead } from '../helpers/bulkhead.ts';
import { useDatabase } from '../helpers/database.ts';
import { startSignIn, whoAmI } from '../helpers/sign-in.ts';
import { makeVisitor } from '../helpers/visitor.ts';

const db = useDatabase(test);

test('up prints a link, before anything else to open', async (t) => {
  const run = startBulkhead(t, ['up', '--no-demo'], { DATABASE_URL: db.ownerUrl });
  const [, url = ''] = await run.prints(/running at (\S+)/);
  const [link, ...others] =
    run
      .output()
      .match(/http:\S+/g)
      ?.slice(1) ?? [];
  t.true(link?.startsWith(`${url}/sign-in/link?key=bhl_`), run.output());
  t.is(others.filter((other) => other.includes('bhl_')).length, 0);
  const visitor = makeVisitor();
  const page = await visitor.visit(link ?? '');
  t.is(page.url, `${url}/`);
  const me = await whoAmI(visitor, url);
  t.like(me, { principal: 'person:local', admin: true });
  run.child.kill('SIGINT');
  t.is(await run.ended, 0, run.output());
});

test('sign-in-link prints one more each time, and nothing else', async (t) => {
  const { url } = await startSignIn(t, db);
  const environment = { DATABASE_URL: db.ownerUrl, BULKHEAD_PORT: new URL(url).port };
  const links = [];
  for (let times = 0; times < 2; times++) {
    const { code, output } = await runBulkhead(t, ['sign-in-link'], environment);
    t.is(code, 0, output);
    t.regex(output, /^http:\/\/127\.0\.0\.1:\d+\/sign-in\/link\?key=bhl_[0-9a-f]{48}\n$/);
    links.push(output.trim());
  }
  t.is(new Set(links).size, 2);
  for (const link of links) {
    const visitor = makeVisitor();
    await visitor.visit(link);
    t.is((await whoAmI(visitor, url))?.principal, 'person:local');
  }
});

test('up and serve say by which command another shell gets a link to them', async (t) => {
  const environment = { DATABASE_URL: db.ownerUrl };
  const follow = async (run: Run, origin: string | undefined, says: RegExp) => {
    const [, name = '', value = ''] = await run.prints(says);
    const { output } = await runBulkhead(t, ['sign-in-link'], { ...environment, [name]: value });
    t.true(output.startsWith(`${origin}/sign-in/link?key=`), output);
  };
  const up = startBulkhead(t, ['up', '--no-demo'], environment);
  const [, url] = await up.prints(/running at (\S+)/);
  await follow(up, url, /another: (BULKHEAD_PORT)=(\d+) npm run bulkhead sign-in-link\)/);
  const says = /to sign in there: (BULKHEAD_\w+)=(\S+) bulkhead sign-in-link\)/;
  const serve = startBulkhead(t, ['serve'], environment);
  await follow(serve, (await serve.prints(/API is at (\S+)/))[1], says);
  const publicUrl = 'https://bulkhead.example.org';
  const behind = startBulkhead(t, ['serve'], { ...environment, BULKHEAD_PUBLIC_URL: publicUrl });
  await follow(behind, publicUrl, says);
});

test('the link leads to where browsers find the server', async (t) => {
  const environment = { DATABASE_URL: db.ownerUrl };
  const publicly = { ...environment, BULKHEAD_PUBLIC_URL: 'https://bulkhead.example.org' };
  const { output } = await runBulkhead(t, ['sign-in-link'], publicly);
  t.true(output.startsWith('https://bulkhead.example.org/sign-in/link?key=bhl_'), output);
  const everywhere = { ...environment, BULKHEAD_HOST: '0.0.0.0', BULKHEAD_ALLOW_PLAIN_HTTP: '1' };
  const local = await runBulkhead(t, ['sign-in-link'], { ...everywhere, BULKHEAD_PORT: '5999' });
  t.true(local.output.startsWith('http://127.0.0.1:5999/sign-in/link'), local.output);
  const nowhere = await runBulkhead(t, ['sign-in-link'], { ...environment, BULKHEAD_PORT: '0' });
  t.is(nowhere.code, 6);
  t.regex(nowhere.output, /BULKHEAD_PORT=0 does not say where the server is/);
});
