/** Which cases an expression means: precedence, synonyms, quoting, prefixes, aliases, blanks. */
import test from 'ava';
import { appendTagged, call, callOne, makeSuite, type Queryable } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { operate } from '../../helpers/operations.ts';

const database = useDatabase(test);

const tagged = {
  none: '',
  r: 'rag',
  f: 'flaky',
  rf: 'rag flaky',
  ra: 'rag tier_a_gold',
  rb: 'rag tier_b_gold flaky',
  n: 'not',
  odd: 'a.b:c/d-e and',
};

/** What the expression finds, as keys, against what it should. */
const meanings: [expression: string, keys: string][] = [
  ['rag', 'r rf ra rb'],
  ['not rag', 'none f n odd'],
  ['rag and flaky', 'rf rb'],
  ['rag or flaky', 'r f rf ra rb'],
  ['rag and not flaky', 'r ra'],
  ['not rag and flaky', 'f'],
  ['not (rag and flaky)', 'none r f ra n odd'],
  ['not not rag', 'r rf ra rb'],
  ['!!!rag', 'none f n odd'],
  // "not" binds before "and", "and" before "or"
  ['flaky or rag and tier_a_gold', 'f rf ra rb'],
  ['rag and tier_a_gold or flaky', 'f rf ra rb'],
  ['(flaky or rag) and tier_a_gold', 'ra'],
  ['not flaky or rag and flaky', 'none r rf ra rb n odd'],
  ['not flaky and not rag or rag and not flaky and tier_a_gold', 'none ra n odd'],
  // synonyms, blanks, case of the words
  ['rag & !flaky', 'r ra'],
  ['rag&!flaky', 'r ra'],
  ['rag|flaky', 'r f rf ra rb'],
  ['rag AND NOT flaky', 'r ra'],
  ['Rag', 'TCNTG'],
  ['  rag\tand\n\r not\u000bflaky  ', 'r ra'],
  ['((((rag))))', 'r rf ra rb'],
  // quoted names
  ['"rag"', 'r rf ra rb'],
  ['"not"', 'n'],
  ['not "not"', 'none r f rf ra rb odd'],
  ['"and"', 'odd'],
  ['"not" or "and"', 'n odd'],
  ['a.b:c/d-e', 'odd'],
  ['"a.b:c/d-e" and rag', ''],
  // prefixes
  ['tier_*', 'ra rb'],
  ['tier_* and not flaky', 'ra'],
  ['"tier_"*', 'ra rb'],
  ['not tier_*', 'none r f rf n odd'],
  ['rag*', 'r rf ra rb'],
  ['no*', 'n'],
  ['and*', 'odd'],
  // the same tag more than once
  ['rag or rag', 'r rf ra rb'],
  ['rag and not rag', ''],
];

test('an expression means the cases that it says', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, tagged);
    for (const [where_tags, keys] of meanings) {
      await client.query('savepoint one');
      const found = await find(client, suite_id, where_tags).catch((error) => error.code);
      t.is(found, keys, where_tags);
      await client.query('rollback to savepoint one');
      if (!keys.startsWith('TC')) {
        const { rows } = await client.query('select bulkhead.count_cases($1, $2) as count', [
          suite_id,
          where_tags,
        ]);
        t.is(Number(rows[0].count), keys.split(' ').filter(Boolean).length, where_tags);
      }
    }
  });
});

test('a name that was renamed or merged means the tag that it became, and both mean their links', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'flaky', b: 'wobbly', c: 'rag' });
    await operate(client, 'bulk_merge_tags', { suite_id, tags: ['wobbly'], into_tag: 'flaky' });
    await call(client, 'bulk_rename_tag', { suite_id, tag: 'flaky', new_name: 'unstable' });
    // the rename is queued, and its links have not moved yet
    const { rows } = await client.query(
      'select distinct tag from bulkhead.test_case_tags where suite_id = $1 order by tag',
      [suite_id],
    );
    t.deepEqual(rows, [{ tag: 'flaky' }, { tag: 'rag' }]);
    for (const name of ['flaky', 'wobbly', 'unstable', 'unst*', 'wob*']) {
      t.is(await find(client, suite_id, name), 'a b', name);
      t.is(await find(client, suite_id, `not ${name}`), 'c', name);
    }
  });
});

test('the parsed form says what each name stands for', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky tier_a tier_b' });
    const parse = async (expression: string | null) => {
      const rows = await call<{ parsed: unknown }>(client, 'parse_tag_expression', {
        suite_id,
        expression,
      });
      return Object.values(rows[0] ?? {})[0];
    };
    t.deepEqual(await parse('rag'), { any: ['rag'] });
    t.deepEqual(await parse('tier_*'), { any: ['tier_a', 'tier_b'] });
    t.deepEqual(await parse('rag or flaky'), { any: ['rag', 'flaky'] });
    t.deepEqual(await parse('rag and not flaky and tier_a'), {
      and: [{ any: ['rag'] }, { not: { any: ['flaky'] } }, { any: ['tier_a'] }],
    });
    t.deepEqual(await parse('rag or not flaky'), {
      or: [{ any: ['rag'] }, { not: { any: ['flaky'] } }],
    });
    t.is(await parse(null), null);
  });
});

test('expressions of one suite do not see the dictionary of another', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const one = await makeSuite(client);
    const other = await makeSuite(client);
    await appendTagged(client, one, { a: 'tier_a' });
    await appendTagged(client, other, { a: 'tier_b' });
    t.deepEqual(
      (
        await callOne<Record<string, unknown>>(client, 'parse_tag_expression', {
          suite_id: one,
          expression: 'tier_*',
        })
      ).parse_tag_expression,
      { any: ['tier_a'] },
    );
    t.is(await find(client, other, 'tier_*'), 'a');
    await t.throwsAsync(find(client, other, 'tier_a'), { code: 'TCNTG' });
  });
});

async function find(client: Queryable, suite_id: string, where_tags: string): Promise<string> {
  const rows = await call<{ external_key: string }>(client, 'find_cases', { suite_id, where_tags });
  return rows.map((row) => row.external_key).join(' ');
}
