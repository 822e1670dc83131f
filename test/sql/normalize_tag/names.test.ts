/** Tag names made of any label. */
import test from 'ava';
import { useDatabase } from '../../helpers/database.ts';
import { makeRandom } from '../../helpers/random.ts';

const database = useDatabase(test);

const normalize = async (label: string | null): Promise<string | null> =>
  (await database.pool.query('select bulkhead.normalize_tag($1) as tag', [label])).rows[0].tag;

const labels: [label: string | null, tag: string | null][] = [
  ['Logical Falsehood', 'logical_falsehood'],
  ['rag', 'rag'],
  ['  RAG / Support  ', 'rag_/_support'],
  ['a--b__c', 'a--b__c'],
  ['Größe', 'gr_e'],
  ['C++', 'c'],
  ['日本語', null],
  ['', null],
  ['___', null],
  ['.hidden.', 'hidden'],
  ['a\nb', 'a_b'],
  ['x'.repeat(100), 'x'.repeat(63)],
  [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
  [null, null],
];

test('a label becomes a tag name, or nothing', async (t) => {
  for (const [label, tag] of labels) t.is(await normalize(label), tag, JSON.stringify(label));
});

test('what comes out can be a tag, and stays as it is when it goes in again', async (t) => {
  const random = makeRandom(63);
  const characters = [...'aZ09_.:/- \n\täßİı日😀"\'\\%*'];
  const made = Array.from({ length: 300 }, () =>
    Array.from({ length: random.below(90) }, () => random.pick(characters)).join(''),
  );
  const { rows } = await database.pool.query(
    `select label, bulkhead.normalize_tag(label) as tag, bulkhead.normalize_tag(bulkhead.normalize_tag(label)) as again
     from unnest($1::text[]) as label`,
    [made],
  );
  for (const { label, tag, again } of rows) {
    t.true(tag === null || /^[a-z0-9][a-z0-9_.:/-]{0,62}$/.test(tag), label);
    t.is(again, tag, label);
  }
});
