/** A number in a case is data: what a double would make of it is another one. */
import test, { type ExecutionContext } from 'ava';
import { parseJson, parseJsonValues } from '../../src/json.ts';
import { useApi } from '../helpers/api.ts';
import { makeRandom } from '../helpers/random.ts';

const api = useApi(test);

const input =
  '{"id": 12345678901234567890, "deep": [3.14159265358979323846, -0.000000000000000000012345678901234567], "one": 1.0, "tenth": 0.1}';

/** Sends a document with variables as they are written, and gives the answer as it is. */
async function sendText(t: ExecutionContext, query: string, variables = '{}'): Promise<string> {
  const answer = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': 'application/json' },
    body: `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`,
  });
  const text = await answer.text();
  t.is(answer.status, 200, text);
  t.notRegex(text, /"errors"/);
  return text.replaceAll(/\s/g, '');
}

const append = `mutation ($suite: BigInt!, $cases: JSON!) {
  appendCases(input: { suiteId: $suite, cases: $cases }) { results { caseId } }
}`;

async function storedIn(suite: string): Promise<string> {
  const { rows } = await api.db.pool.query(
    'select input::text as input from bulkhead.test_cases where suite_id = $1',
    [suite],
  );
  return rows[0].input;
}

/** The same text as jsonb has it. */
async function asJsonb(text: string): Promise<string> {
  const { rows } = await api.db.pool.query('select $1::jsonb::text as text', [text]);
  return rows[0].text;
}

test('sent as a variable, they are stored as they are written, and come back so', async (t) => {
  const suite = await api.suite('variables');
  await sendText(
    t,
    append,
    `{"suite": ${suite}, "cases": [{"external_key": "a", "input": ${input}}]}`,
  );
  // of a number that a double holds, only the value is kept
  t.is(await storedIn(suite), (await asJsonb(input)).replace('1.0', '1'));
  const found = `query ($suite: BigInt!, $first: Int, $metadata: JSON) {
    caseByExternalKey(suiteId: $suite, externalKey: "a") { input versions(first: $first) { nodes { input } } }
    countCases(suiteId: $suite, metadata: $metadata)
  }`;
  const text = await sendText(
    t,
    found,
    `{"suite": "${suite}", "first": 1.0, "metadata": {"n": 1e400}}`,
  );
  t.regex(text, /"id":12345678901234567890,/);
  t.regex(text, /3\.14159265358979323846,-0\.000000000000000000012345678901234567\]/);
  t.regex(text, /"countCases":"0"/);
});

test('so they are over a socket', async (t) => {
  const suite = await api.suite('socket');
  const variables = { suite, cases: [{ external_key: 'a', input: parseJson(input) }] };
  for await (const { errors } of api.sockets().iterate({ query: append, variables }))
    t.is(errors, undefined);
  t.is(await storedIn(suite), (await asJsonb(input)).replace('1.0', '1'));
});

test('written into the document, those that would lose digits are refused, and no others', async (t) => {
  const suite = await api.suite('literals');
  const cases = (json: string) =>
    `mutation { appendCases(input: { suiteId: ${suite}, cases: ${json} }) { results { caseId } } }`;
  for (const number of ['12345678901234567890', '3.14159265358979323846', '1e400']) {
    for (const json of [number, `[{ input: { deep: [1, ${number}] } }]`]) {
      const refused = await api.fail(cases(json));
      t.like(refused, { code: 'BAD_REQUEST', message: `the number ${number} would lose digits` });
      t.regex(String(refused.hint), /variable/);
    }
  }
  const ids = `query { findCases(suiteId: ${suite}, caseIds: [9007199254740993], rowLimit: 1) { id } }`;
  t.deepEqual(await api.run(ids), { findCases: [] });
  await api.run(cases('[{ input: [1.0, 2.50, 1e30, 0.30000000000000004] }]'));
  t.is(await storedIn(suite), await asJsonb('[1, 2.5, 1e30, 0.30000000000000004]'));
});

test('by such a number a case is found, and what an operation selected keeps it', async (t) => {
  const suite = await api.suite('selected', [{ input: 'q', tags: ['big'] }]);
  const metadata = '{"id": 9007199254740993}';
  await sendText(
    t,
    append,
    `{"suite": ${suite}, "cases": [{"external_key": "a", "input": "q", "metadata": ${metadata}}]}`,
  );
  const { length } = await sendText(
    t,
    `mutation ($suite: BigInt!, $metadata: JSON) {
      bulkTag(input: { suiteId: $suite, metadata: $metadata, add: ["big"] }) { operation { changed } }
    }`,
    `{"suite": ${suite}, "metadata": ${metadata}}`,
  );
  t.true(length > 0);
  const text = await sendText(
    t,
    `{ suite(id: ${suite}) { operations { nodes { selection changed } } } }`,
  );
  t.regex(text, /"metadata":{"id":9007199254740993}/);
  t.regex(text, /"changed":"1"/);
});

test('a number that is too large for PostgreSQL is refused, and not made null', async (t) => {
  const suite = await api.suite('too-large');
  const answer = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': 'application/json' },
    body: `{"query": ${JSON.stringify(append)}, "variables": {"suite": ${suite}, "cases": [{"input": 1e999999}]}}`,
  });
  t.regex(await answer.text(), /NUMBER_OUT_OF_RANGE/);
});

test('a number is left to JavaScript only if that gives back its value', async (t) => {
  const random = makeRandom(22);
  const digits = (most: number) =>
    Array.from({ length: 1 + random.below(most) }, () => random.below(10)).join('');
  const numbers = Array.from({ length: 3000 }, () => {
    const whole = random.below(3) === 0 ? '0' : `${1 + random.below(9)}${digits(22)}`;
    const fraction = random.chance(0.5) ? '' : `.${digits(22)}`;
    const exponent =
      random.below(3) === 0
        ? `${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}${random.below(330)}`
        : '';
    return `${random.chance(0.5) ? '-' : ''}${whole}${fraction}${exponent}`;
  });
  const { rows } = await api.db.pool.query(
    `select one, other from unnest($1::text[], $2::text[]) as n (one, other) where one::numeric <> other::numeric`,
    [numbers, numbers.map((number) => JSON.stringify(parseJsonValues(number)))],
  );
  t.deepEqual(rows, []);
  const kept = numbers.filter((number) => typeof parseJsonValues(number) === 'number');
  t.true(kept.length > 300 && kept.length < 2700, `${kept.length} of 3,000 are numbers`);
});

test('of as many zeros as a request may have, the time does not grow with the square', (t) => {
  const text = `1${'0'.repeat(4_000_000)}1`;
  t.is(JSON.stringify(parseJsonValues(`[${text}]`)), `[${text}]`);
});
