import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const cases = [
  { external_key: 'a', input: '1', tags: ['rag', 'fresh'] },
  { external_key: 'b', input: '2', tags: ['rag'] },
  { external_key: 'c', input: '3', tags: ['agent'] },
];

/** Calls a mutation that submits an operation; a small one has ended when it returns. */
async function submit(name: string, input: string) {
  const data = await api.run(`mutation {
    ${name}(input: { ${input} }) {
      operation { id kind state total changed unchanged skipped failed firstErrors }
    }
  }`);
  return data[name].operation;
}

async function tagsOf(suite: string) {
  const { findCases } = await api.run(
    'query ($suite: BigInt!) { findCases(suiteId: $suite) { externalKey status tags } }',
    { suite },
  );
  return Object.fromEntries(
    findCases.map((found: { externalKey: string; tags: string[] }) => [
      found.externalKey,
      found.tags.join(' '),
    ]),
  );
}

test('cases are tagged, and the operation tells what it did', async (t) => {
  const suite = await api.suite('tag', cases);
  const operation = await submit(
    'bulkTag',
    `suiteId: "${suite}", whereTags: "rag", add: ["agent"], remove: ["fresh"]`,
  );
  t.like(operation, { kind: 'tag', state: 'succeeded', total: '2', changed: '2', firstErrors: [] });
  t.deepEqual(await tagsOf(suite), { a: 'agent rag', b: 'agent rag', c: 'agent' });

  const { operationChanges, operation: read } = await api.run(
    `query ($suite: BigInt!, $id: BigInt!) {
      operationChanges(suiteId: $suite, operationId: $id) { change tag statusBefore }
      operation(suiteId: $suite, id: $id) {
        kind submittedBy parameters suite { slug operations { totalCount } }
      }
    }`,
    { suite, id: operation.id },
  );
  const changes = operationChanges.map((c: { change: string; tag: string }) => [c.change, c.tag]);
  t.deepEqual(changes.sort(), [
    ['link_added', 'agent'],
    ['link_added', 'agent'],
    ['link_removed', 'fresh'],
  ]);
  t.like(read, {
    kind: 'tag',
    submittedBy: 'person:tester',
    suite: { slug: 'tag', operations: { totalCount: 1 } },
  });
});

test('a preview tells what an operation would do, and does nothing', async (t) => {
  const suite = await api.suite('preview', cases);
  const other = await api.suite('preview-other');
  const preview = '{ total changed unchanged skipped failed newTags firstCaseIds }';
  const data = await api.run(
    `query ($suite: BigInt!, $other: BigInt!) {
      previewBulkTag(suiteId: $suite, whereTags: "rag", add: ["fresh", "new"]) ${preview}
      previewBulkSetStatus(suiteId: $suite, setStatus: "archived", allCases: true) ${preview}
      previewBulkDelete(suiteId: $suite, externalKeys: ["a"]) ${preview}
      previewBulkCopy(suiteId: $suite, intoSuiteId: $other, whereTags: "agent") ${preview}
      previewBulkRenameTag(suiteId: $suite, tag: "rag", newName: "retrieval") ${preview}
      previewBulkMergeTags(suiteId: $suite, tags: ["fresh"], intoTag: "rag") ${preview}
    }`,
    { suite, other },
  );
  t.like(data.previewBulkTag, { total: '2', changed: '2', unchanged: '0', newTags: ['new'] });
  t.is(data.previewBulkTag.firstCaseIds.length, 2);
  t.like(data.previewBulkSetStatus, { total: '3', changed: '3' });
  t.like(data.previewBulkDelete, { total: '1', changed: '1' });
  t.like(data.previewBulkCopy, { total: '1', newTags: ['agent'] });
  t.like(data.previewBulkRenameTag, { total: '2' });
  t.like(data.previewBulkMergeTags, { total: '1' });
  t.deepEqual(await tagsOf(suite), { a: 'fresh rag', b: 'rag', c: 'agent' });
});

test('statuses are set, and what was archived by an operation says so', async (t) => {
  const suite = await api.suite('status', cases);
  const operation = await submit(
    'bulkSetStatus',
    `suiteId: "${suite}", setStatus: "archived", whereTags: "agent"`,
  );
  t.like(operation, { kind: 'set_status', state: 'succeeded', changed: '1' });
  const { findCases } = await api.run(
    'query ($suite: BigInt!) { findCases(suiteId: $suite, status: "archived") { externalKey statusOperation { id } } }',
    { suite },
  );
  t.deepEqual(findCases, [{ externalKey: 'c', statusOperation: { id: operation.id } }]);
});

test('cases are deleted, and undo brings them back', async (t) => {
  const suite = await api.suite('delete', cases);
  const deletion = await submit('bulkDelete', `suiteId: "${suite}", whereTags: "rag"`);
  t.like(deletion, { kind: 'delete', state: 'succeeded', changed: '2' });
  t.deepEqual(await tagsOf(suite), { c: 'agent' });
  const undo = await submit('undoOperation', `suiteId: "${suite}", operationId: "${deletion.id}"`);
  t.like(undo, { kind: 'undo', state: 'succeeded', changed: '2' });
  t.deepEqual(await tagsOf(suite), { a: 'fresh rag', b: 'rag', c: 'agent' });

  const { operation } = await api.run(
    `query ($suite: BigInt!, $id: BigInt!) {
      operation(suiteId: $suite, id: $id) { undoes { id } undoneBy { nodes { id undoes { id } } } }
    }`,
    { suite, id: deletion.id },
  );
  t.deepEqual(operation, {
    undoes: null,
    undoneBy: { nodes: [{ id: undo.id, undoes: { id: deletion.id } }] },
  });
  t.like(
    await api.fail(
      `mutation { undoOperation(input: { suiteId: "${suite}", operationId: "${deletion.id}" }) { operation { id } } }`,
    ),
    { code: 'ALREADY_UNDONE', sqlstate: 'TCUND' },
  );
});

test('cases are copied, tags renamed and merged', async (t) => {
  const suite = await api.suite('copy', cases);
  const other = await api.suite('copy-other', [{ external_key: 'z', input: '0', tags: ['agent'] }]);
  const copy = await submit(
    'bulkCopy',
    `suiteId: "${suite}", intoSuiteId: "${other}", whereTags: "agent"`,
  );
  t.like(copy, { kind: 'copy', state: 'succeeded', changed: '1' });
  t.deepEqual(await tagsOf(other), { c: 'agent', z: 'agent' });

  const merge = await submit(
    'bulkMergeTags',
    `suiteId: "${suite}", tags: ["fresh"], intoTag: "agent"`,
  );
  t.like(merge, { kind: 'merge_tags', total: '1' });
  const rename = await submit(
    'bulkRenameTag',
    `suiteId: "${suite}", tag: "rag", newName: "retrieval"`,
  );
  t.like(rename, { kind: 'rename_tag', total: '2' });
  const { tag } = await api.run(
    `query ($suite: BigInt!) {
      tag(suiteId: $suite, name: "rag") { aliasOf aliasOfTag { name aliases { nodes { name } } } }
    }`,
    { suite },
  );
  t.deepEqual(tag, {
    aliasOf: 'retrieval',
    aliasOfTag: { name: 'retrieval', aliases: { nodes: [{ name: 'rag' }] } },
  });
});

test('an operation that waits is listed, cancelled, and retried', async (t) => {
  const suite = await api.suite('cancel', cases);
  // A new tag has to be in the dictionary before it is linked, so this one waits for a worker.
  const waiting = await submit('bulkTag', `suiteId: "${suite}", allCases: true, add: ["new"]`);
  t.like(waiting, { state: 'queued', total: '3', changed: '0' });
  const list = `query ($suite: BigInt!) {
    suite(id: $suite) {
      operations(filter: { state: { in: ["queued", "running"] }, kind: { equalTo: "tag" } }) { nodes { id } }
    }
  }`;
  t.deepEqual(await api.run(list, { suite }), {
    suite: { operations: { nodes: [{ id: waiting.id }] } },
  });
  const ids = `suiteId: "${suite}", operationId: "${waiting.id}"`;
  t.like(await submit('cancelOperation', ids), { id: waiting.id, state: 'cancelled' });
  t.deepEqual(await api.run(list, { suite }), { suite: { operations: { nodes: [] } } });
  const cancel = `mutation { cancelOperation(input: { ${ids} }) { operation { id } } }`;
  t.like(await api.fail(cancel), { code: 'OPERATION_FINISHED', sqlstate: 'TCFIN' });

  const retry = await submit('retryOperation', ids);
  t.like(retry, { kind: 'tag', total: '3' });
  const { operation } = await api.run(
    'query ($suite: BigInt!, $id: BigInt!) { operation(suiteId: $suite, id: $id) { retries { id } } }',
    { suite, id: retry.id },
  );
  t.deepEqual(operation, { retries: { id: waiting.id } });
});

test('an operation without a selection, or with a bad one, is refused', async (t) => {
  const suite = await api.suite('refused', cases);
  const tag = (input: string) =>
    api.fail(`mutation { bulkTag(input: { suiteId: "${suite}", ${input} }) { operation { id } } }`);
  t.like(await tag('add: ["rag"]'), { code: 'NO_SELECTION', sqlstate: 'TCSEL' });
  t.like(await tag('whereTags: "(rag", add: ["rag"]'), { code: 'MALFORMED_EXPRESSION' });
  t.like(await tag('allCases: true, add: ["rag"], pace: 2'), { code: 'BAD_ARGUMENT' });
  t.like(
    await api.fail(
      'mutation { undoOperation(input: { suiteId: "0", operationId: "1" }) { operation { id } } }',
    ),
    { code: 'UNKNOWN_SUITE' },
  );
});
