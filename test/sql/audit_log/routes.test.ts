/** Who has made, changed and dropped which route and snapshot, and what was there before. */
import test from 'ava';
import { eventsOf, lines } from '../../helpers/audit.ts';
import { appendTagged, call, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { snap } from '../../helpers/snapshots.ts';

const database = useDatabase(test);

test('a route that is defined, defined anew and dropped has an event each, with before and after', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky' });
    const define = (expression: string) =>
      call(client, 'define_route', { suite_id, name: 'gate', expression });
    const written = await eventsOf(client, suite_id, async () => {
      await define('rag');
      await define('rag');
      await define('rag and not flaky');
      await call(client, 'pull_route', { suite_id, route: 'gate' });
      await call(client, 'drop_route', { suite_id, name: 'gate' });
    });
    // a pull has a record of its own, route_pulls
    t.deepEqual(lines(written), [
      'created route gate',
      'changed route gate (expression)',
      'deleted route gate',
    ]);
    t.like(written[0], { before: null });
    t.like(written[0]?.after, { expression: 'rag', precedence: 10, status: 'active' });
    t.deepEqual(written[1]?.before, { expression: 'rag' });
    t.deepEqual(written[1]?.after, { expression: 'rag and not flaky' });
    t.like(written[2]?.before, { expression: 'rag and not flaky' });
  });
});

test('a snapshot has an event when it is made and when it is dropped, with its SHA-256', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: '' });
    const written = await eventsOf(client, suite_id, async () => {
      await snap(client, suite_id, 'v1', { where_tags: 'rag' });
      await call(client, 'drop_snapshot', { suite_id, name: 'v1' });
    });
    t.deepEqual(lines(written), ['created snapshot v1', 'deleted snapshot v1']);
    t.like(written[0]?.after, { cases: 1 });
    t.regex(String(written[0]?.after?.sha256), /^[0-9a-f]{64}$/);
    t.like(written[0]?.after?.selection, { where_tags: 'rag' } as object);
    t.is(written[1]?.before?.sha256, written[0]?.after?.sha256);
  });
});

test('routes that are truncated are counted', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    await call(client, 'define_route', { suite_id, name: 'gate', expression: 'rag' });
    const written = await eventsOf(client, suite_id, () =>
      client.query('truncate bulkhead.tag_routes'),
    );
    t.deepEqual(lines(written), ['truncated route']);
    t.deepEqual(written[0]?.before, { rows: 1 });
  });
});
