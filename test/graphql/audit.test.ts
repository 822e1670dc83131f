/** The audit log of a suite is read page by page, and filtered; that of the instance by admins. */
import test from 'ava';
import { makeAdmin } from '../helpers/access.ts';
import { type Api, useApi } from '../helpers/api.ts';

const api = useApi(test);

type Event = { id: string; action: string; subject: string; subjectId: string | null };

const page = `query ($suite: BigInt!, $filter: AuditEventFilter, $first: Int, $after: Cursor) {
  suite(id: $suite) {
    auditLog(filter: $filter, orderBy: [ID_DESC], first: $first, after: $after) {
      totalCount
      nodes { id at principal action subject subjectId operationId before after }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

async function read(as: Api, suite: string, filter: object = {}, more: object = {}) {
  const data = await as.run(page, { suite, filter, ...more });
  return data.suite?.auditLog;
}

const lines = (events: Event[]) =>
  events.map(({ action, subject, subjectId }) =>
    [action, subject, subjectId].filter(Boolean).join(' '),
  );

/** A suite with a case, which a token has edited and an operation has tagged. */
async function busySuite(slug: string) {
  const suite = await api.suite(slug, [{ external_key: 'a', input: '1', tags: ['rag'] }]);
  const editor = await api.token('editor', [suite]);
  const found = await api.run(
    'query ($suite: BigInt!) { caseByExternalKey(suiteId: $suite, externalKey: "a") { id } }',
    { suite },
  );
  const id: string = found.caseByExternalKey.id;
  const data = await api.as(editor.token).run(
    `mutation ($suite: BigInt!, $id: BigInt!) {
      updateCase(input: { suiteId: $suite, id: $id, patch: { input: "two" } }) { case { version } }
      defineTag(input: { suiteId: $suite, name: "gold" }) { tag { name } }
      bulkTag(input: { suiteId: $suite, allCases: true, add: ["gold"] }) { operation { id } }
    }`,
    { suite, id },
  );
  return { suite, id, editor, operation: data.bulkTag.operation.id as string };
}

test('the newest event first, with who, when, what, before and after', async (t) => {
  const { suite, id, editor, operation } = await busySuite('newest');
  const { nodes, totalCount } = await read(api, suite);
  t.deepEqual(lines(nodes), [
    `succeeded operation ${operation}`,
    'created tag gold',
    `changed case ${id}`,
    `created token ${editor.principal}`,
    'appended case',
    'created tag rag',
    'created member person:tester',
    `created suite ${suite}`,
  ]);
  t.is(totalCount, 8);
  t.like(nodes[2], {
    principal: editor.principal,
    before: { input: '1', version: 1 },
    after: { input: 'two', version: 2 },
  });
  t.regex(nodes[2].at, /^20\d\d-\d\d-\d\dT/);
  t.like(nodes[0], { principal: editor.principal, operationId: operation });
  t.like(nodes[0].after, { kind: 'tag', total: 1, changed: 1 });
  t.is(nodes[4].principal, 'person:tester');
});

test('events are filtered by who, what, which and when', async (t) => {
  const { suite, id, editor, operation } = await busySuite('filtered');
  const { nodes } = await read(api, suite);
  const filtered = async (filter: object) => lines((await read(api, suite, filter)).nodes);
  t.deepEqual(
    await filtered({ principal: { equalTo: editor.principal } }),
    lines(nodes).slice(0, 3),
  );
  t.deepEqual(await filtered({ action: { equalTo: 'appended' } }), ['appended case']);
  t.deepEqual(await filtered({ subject: { in: ['tag'] } }), [
    'created tag gold',
    'created tag rag',
  ]);
  t.deepEqual(await filtered({ subject: { equalTo: 'case' }, subjectId: { equalTo: id } }), [
    `changed case ${id}`,
  ]);
  t.deepEqual(await filtered({ operationId: { equalTo: operation } }), [
    `succeeded operation ${operation}`,
  ]);
  t.deepEqual(await filtered({ at: { lessThan: nodes[6].at } }), [`created suite ${suite}`]);
  t.deepEqual(
    await filtered({ at: { greaterThanOrEqualTo: nodes[1].at }, subject: { equalTo: 'tag' } }),
    ['created tag gold'],
  );
});

test('pages follow each other without a gap', async (t) => {
  const { suite } = await busySuite('paged');
  const seen: Event[] = [];
  let after: string | undefined;
  do {
    const { nodes, pageInfo } = await read(api, suite, {}, { first: 3, after });
    t.true(nodes.length <= 3);
    seen.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
  } while (after);
  t.deepEqual(seen, (await read(api, suite)).nodes);
});

test('an event leads to its suite and its operation', async (t) => {
  const { suite } = await busySuite('leads');
  const data = await api.run(
    `query ($suite: BigInt!) {
      suite(id: $suite) {
        auditLog(first: 1, orderBy: [AT_DESC]) { nodes { suite { slug } operation { kind submittedBy } } }
      }
    }`,
    { suite },
  );
  t.like(data.suite.auditLog.nodes[0], { suite: { slug: 'leads' }, operation: { kind: 'tag' } });
});

test('a viewer does not read of members and tokens, an owner does, nobody else anything', async (t) => {
  const { suite } = await busySuite('readers');
  const other = await api.suite('not-readers');
  const as = async (role: 'viewer' | 'owner', suites: string[]) =>
    api.as((await api.token(role, suites)).token);
  const ofTokens = { subject: { equalTo: 'token' } };
  const viewer = await as('viewer', [suite]);
  t.is((await read(viewer, suite, ofTokens)).totalCount, 0);
  t.is((await read(viewer, suite)).totalCount, 6);
  t.is((await read(await as('owner', [suite]), suite, ofTokens)).totalCount, 3);
  t.is(await read(await as('owner', [other]), suite), undefined);
  const { readAuditLog } = await (await as('owner', [other])).run(
    'query ($suite: BigInt!) { readAuditLog(suiteId: $suite) { id } }',
    { suite },
  );
  t.deepEqual(readAuditLog, []);
});

test('an admin reads the log of the instance, and of a suite that is gone, page by page', async (t) => {
  const gone = await api.suite('gone');
  const remove =
    'mutation ($id: BigInt!) { deleteSuite(input: { suiteId: $id }) { suite { id } } }';
  await api.run(remove, { id: gone });
  const { session } = await makeAdmin(api.db.pool);
  const query = `query ($suite: BigInt = "0", $before: BigInt, $limit: Int! = 500) {
    readAuditLog(suiteId: $suite, beforeId: $before, rowLimit: $limit) { id action subject subjectId suite { id } }
  }`;
  const admin = api.as(session);
  const ofSuite = await admin.run(query, { suite: gone });
  t.deepEqual(lines(ofSuite.readAuditLog), [
    'deleted member person:tester',
    `deleted suite ${gone}`,
    'created member person:tester',
    `created suite ${gone}`,
  ]);
  t.is(ofSuite.readAuditLog[0].suite, null);
  const { readAuditLog } = await admin.run(query);
  t.true(lines(readAuditLog).includes(`deleted suite ${gone}`));
  const [first] = (await admin.run(query, { limit: 1 })).readAuditLog;
  const [second] = (await admin.run(query, { limit: 1, before: first.id })).readAuditLog;
  t.true(BigInt(second.id) < BigInt(first.id));
  const owner = await api.token('owner', [await api.suite('no-admin')]);
  t.deepEqual(await api.as(owner.token).run(query), { readAuditLog: [] });
});

test('no mutation of the API writes events', async (t) => {
  const { __schema } = await api.run('{ __schema { mutationType { fields { name } } } }');
  const names = __schema.mutationType.fields.map(({ name }: { name: string }) => name);
  t.deepEqual(
    names.filter((name: string) => /audit|event/i.test(name)),
    [],
  );
});
