import test from 'ava';
import { useApi } from '../helpers/api.ts';

const api = useApi(test);

const updateSuite = `mutation ($suite: BigInt!) {
  updateSuite(input: { id: $suite, patch: { description: "changed" } }) { suite { description } }
}`;

const updateCase = `mutation ($suite: BigInt!, $id: BigInt!) {
  updateCase(input: { suiteId: $suite, id: $id, patch: { input: "changed" } }) { case { input } }
}`;

async function suiteWithCase(slug: string) {
  const suite = await api.suite(slug, [{ external_key: 'a', input: 'as it was' }]);
  const { suite: read } = await api.run(
    'query ($suite: BigInt!) { suite(id: $suite) { cases { nodes { id } } } }',
    { suite },
  );
  return { suite, id: read.cases.nodes[0].id };
}

test('an update that takes another role says which, and which one has', async (t) => {
  const { suite, id } = await suiteWithCase('roles');
  for (const role of ['viewer', 'appender', 'editor', 'owner'] as const) {
    const { token, principal } = await api.token(role, [suite]);
    const caller = api.as(token);
    if (role === 'owner')
      t.is((await caller.run(updateSuite, { suite })).updateSuite.suite.description, 'changed');
    else
      t.like(await caller.fail(updateSuite, { suite }), {
        code: 'NOT_ALLOWED',
        message: 'this takes the role "owner" in the suite "roles"',
        detail: `${principal} has the role "${role}" there.`,
      });
    if (role === 'owner' || role === 'editor')
      t.is((await caller.run(updateCase, { suite, id })).updateCase.case.input, 'changed');
    else
      t.like(await caller.fail(updateCase, { suite, id }), {
        code: 'NOT_ALLOWED',
        message: 'this takes the role "editor" in the suite "roles"',
        detail: `${principal} has the role "${role}" there.`,
      });
  }
});

test('what one does not see is not there', async (t) => {
  const [mine, other] = [await suiteWithCase('mine'), await suiteWithCase('other')];
  const { token } = await api.token('owner', [mine.suite]);
  const caller = api.as(token);
  for (const suite of [other.suite, '0'])
    t.like(await caller.fail(updateSuite, { suite }), { code: 'UNKNOWN_SUITE' });
  const answers = [];
  for (const ids of [
    other,
    { suite: '0', id: '0' },
    { ...other, id: '0' },
    { ...mine, id: other.id },
  ])
    answers.push(await caller.fail(updateCase, ids));
  for (const answer of answers) t.deepEqual(answer, answers[0]);
  t.like(answers[0], { code: 'NOT_FOUND' });
});

test('an admin sees a suite, and changes nothing of it', async (t) => {
  const { suite, id } = await suiteWithCase('admins');
  await api.db.pool.query(
    `insert into bulkhead.principals (name, is_admin) values ('person:admin', true)`,
  );
  const { rows } = await api.db.pool.query(
    `select bulkhead_private.start_session('person:admin', '') as session`,
  );
  const admin = api.as(rows[0].session);
  t.like(await admin.fail(updateSuite, { suite }), {
    code: 'NOT_ALLOWED',
    detail: 'person:admin has the role "viewer" there.',
  });
  t.like(await admin.fail(updateCase, { suite, id }), { code: 'NOT_ALLOWED' });
});
