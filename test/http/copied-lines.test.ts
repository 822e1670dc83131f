/** Rows of a binary COPY become lines, wherever the pieces that they come in end. */
import test from 'ava';
import { to as copyTo } from 'pg-copy-streams';
import {
  caseFrame,
  copyOptions,
  type Frame,
  joinRows,
  lineFrame,
} from '../../src/http/api/copied-lines.ts';
import { append, makeSuite } from '../helpers/cases.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase(test);

async function* cut(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function copy(query: string): Promise<Buffer> {
  const client = await db.pool.connect();
  try {
    return Buffer.concat(await client.query(copyTo(`copy (${query}) ${copyOptions}`)).toArray());
  } finally {
    client.release();
  }
}

async function join(bytes: Buffer, length: number, frame: Frame) {
  const joined = joinRows(cut(bytes, length), frame);
  const pieces = [];
  // What is brought back is written over.
  for await (const piece of joined.bytes) {
    pieces.push(Buffer.from(piece));
    joined.recycle(piece.fill(0));
  }
  return { text: Buffer.concat(pieces).toString(), rows: joined.rows() };
}

test('the lines are those of case_line', async (t) => {
  const id = await makeSuite(db.pool);
  await append(db.pool, id, [
    {
      external_key: 'a"b\\c',
      input: 'Grüße \u0001\n\u{1F600}',
      expected_output: null,
      tags: ['b', 'a'],
    },
    { input: { list: [1, 2.5, null, ''] }, metadata: { empty: {} }, status: 'archived' },
    { external_key: 'long', input: 'x'.repeat(700_000), expected_output: 'y'.repeat(600_000) },
    { external_key: 'last', input: '', expected_output: false },
  ]);
  const { rows } = await db.pool.query(
    `select bulkhead.pull_query($1, status => null) as query,
       string_agg(
         bulkhead.case_line(
           external_key, input, expected_output, metadata,
           array(select t.tag from bulkhead.test_case_tags t where t.suite_id = c.suite_id and t.case_id = c.id order by t.tag),
           status
         ) || e'\n', ''
         order by id
       ) as lines
     from bulkhead.test_cases c where suite_id = $1`,
    [id],
  );
  const [{ query, lines }] = rows;
  const bytes = await copy(query);
  for (const length of [1, 2, 3, 7, 19, 1000, 400_000, bytes.length])
    t.true((await join(bytes, length, caseFrame)).text === lines, `in pieces of ${length}`);
  t.is((await join(bytes, 100, caseFrame)).rows, 4);
});

test('without a row there is no line', async (t) => {
  const bytes = await copy('select 1 where false');
  for (const length of [1, 19, bytes.length])
    t.deepEqual(await join(bytes, length, caseFrame), { text: '', rows: 0 });
});

test('a field that is a line already is followed by a line feed', async (t) => {
  const bytes = await copy(`select '{"n":' || n || '}' from generate_series(1, 3) as n`);
  for (const length of [1, 5, bytes.length])
    t.deepEqual(await join(bytes, length, lineFrame), {
      text: '{"n":1}\n{"n":2}\n{"n":3}\n',
      rows: 3,
    });
});
