import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const create = `mutation ($suite: BigInt!, $name: String!, $where: String) {
  createSnapshot(input: { suiteId: $suite, name: $name, whereTags: $where }) {
    snapshot { name cases sha256 createdBy suite { slug } }
  }
}`;

test('snapshots are made, listed, paged and compared', async (t) => {
  const suite = await api.suite('snapshots', [
    { external_key: 'a', input: '1', tags: ['rag'] },
    { external_key: 'b', input: { turns: ['Hi'] }, expected_output: 2, tags: ['rag', 'flaky'] },
    { external_key: 'c', input: '3' },
  ]);
  const { createSnapshot } = await api.run(create, { suite, name: 'v1', where: 'rag' });
  t.like(createSnapshot.snapshot, { name: 'v1', cases: '2', suite: { slug: 'snapshots' } });
  t.regex(createSnapshot.snapshot.sha256, /^[0-9a-f]{64}$/);
  await api.run(
    'mutation ($suite: BigInt!) { bulkTag(input: { suiteId: $suite, whereTags: "flaky", add: ["rag"], remove: ["flaky"] }) { operation { state } } }',
    { suite },
  );
  await api.run(create, { suite, name: 'v2' });

  const read = `query ($suite: BigInt!, $after: BigInt) {
    suite(id: $suite) { snapshots(orderBy: [CREATED_AT_DESC]) { totalCount nodes { name cases } } }
    snapshot(suiteId: $suite, name: "v1") { cases selection }
    snapshotCases(suiteId: $suite, snapshot: "v1", rowLimit: 1, afterId: $after) {
      caseId version externalKey input expectedOutput metadata status tags
    }
    compareSnapshots(suiteId: $suite, before: "v1", after: "v2") { change externalKey tagsAdded tagsRemoved }
    countSnapshotChanges(suiteId: $suite, before: "v1", after: "v2") { added removed changed retagged unchanged }
  }`;
  const found = await api.run(read, { suite });
  t.deepEqual(found.suite.snapshots, {
    totalCount: 2,
    nodes: [
      { name: 'v2', cases: '3' },
      { name: 'v1', cases: '2' },
    ],
  });
  t.like(found.snapshot.selection, { where_tags: 'rag' });
  const [{ caseId }] = found.snapshotCases;
  const second = await api.run(read, { suite, after: caseId });
  t.like(second.snapshotCases, [
    {
      externalKey: 'b',
      input: { turns: ['Hi'] },
      expectedOutput: 2,
      metadata: {},
      status: 'active',
      version: 1,
      tags: ['flaky', 'rag'],
    },
  ]);
  t.deepEqual(found.compareSnapshots, [
    { change: 'retagged', externalKey: 'b', tagsAdded: [], tagsRemoved: ['flaky'] },
    { change: 'added', externalKey: 'c', tagsAdded: [], tagsRemoved: [] },
  ]);
  t.deepEqual(found.countSnapshotChanges, {
    added: '1',
    removed: '0',
    changed: '0',
    retagged: '1',
    unchanged: '1',
  });
  t.like(await api.fail(create, { suite, name: 'v1' }), { code: 'SNAPSHOT_EXISTS' });
  t.like(
    await api.fail(
      'query ($suite: BigInt!) { snapshotCases(suiteId: $suite, snapshot: "v9") { caseId } }',
      { suite },
    ),
    {
      code: 'UNKNOWN_SNAPSHOT',
    },
  );
});

test('a case has its earlier versions with who and when, and one is restored', async (t) => {
  const suite = await api.suite('history', [{ external_key: 'a', input: 'one' }]);
  const append = `mutation ($suite: BigInt!) {
    appendCases(input: { suiteId: $suite, cases: [{ external_key: "a", input: "two" }], onConflict: "update" }) { results { caseId } }
  }`;
  const { appendCases } = await api.run(append, { suite });
  const caseId = appendCases.results[0].caseId;
  const restore = `mutation ($suite: BigInt!, $caseId: BigInt!, $version: Int!) {
    restoreVersion(input: { suiteId: $suite, caseId: $caseId, version: $version }) { case { version input } }
  }`;
  const { restoreVersion } = await api.run(restore, { suite, caseId, version: 1 });
  t.deepEqual(restoreVersion.case, { version: 3, input: 'one' });
  const { case: found } = await api.run(
    `query ($suite: BigInt!, $caseId: BigInt!) {
      case(suiteId: $suite, id: $caseId) { versions(orderBy: [VERSION_DESC]) { nodes { version input updatedAt replacedAt replacedBy } } }
    }`,
    { suite, caseId },
  );
  t.like(found.versions.nodes, [
    { version: 2, input: 'two' },
    { version: 1, input: 'one' },
  ]);
  for (const { replacedBy, replacedAt } of found.versions.nodes) {
    t.regex(replacedBy, /^person:/);
    t.false(Number.isNaN(Date.parse(replacedAt)));
  }
  t.like(await api.fail(restore, { suite, caseId, version: 9 }), { code: 'UNKNOWN_VERSION' });
});

test('the undo of an operation can be previewed', async (t) => {
  const suite = await api.suite('preview-undo', [{ input: '1', tags: ['rag'] }]);
  const { bulkTag } = await api.run(
    'mutation ($suite: BigInt!) { bulkTag(input: { suiteId: $suite, allCases: true, remove: ["rag"] }) { operation { id state } } }',
    { suite },
  );
  t.is(bulkTag.operation.state, 'succeeded');
  const { previewUndoOperation } = await api.run(
    'query ($suite: BigInt!, $id: BigInt!) { previewUndoOperation(suiteId: $suite, operationId: $id) { total changed skipped newTags } }',
    { suite, id: bulkTag.operation.id },
  );
  t.deepEqual(previewUndoOperation, { total: '1', changed: '1', skipped: '0', newTags: [] });
});
