/** What is said of an expression that cannot be read, or names what the suite does not have. */
import test from 'ava';
import { appendTagged, call, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

/** An expression, the character at which reading stops, and why. */
const malformed: [expression: string, position: number, problem: RegExp][] = [
  ['', 1, /a tag was expected at the end/],
  ['   ', 4, /a tag was expected at the end/],
  ['rag and', 8, /a tag was expected at the end/],
  ['rag or not', 11, /a tag was expected at the end/],
  ['and rag', 1, /a tag was expected$/],
  ['rag and or flaky', 9, /a tag was expected$/],
  ['rag flaky', 5, /an operator was expected/],
  ['rag not flaky', 5, /an operator was expected/],
  ['rag (flaky)', 5, /an operator was expected/],
  ['(rag) flaky', 7, /an operator was expected/],
  ['()', 2, /a tag was expected$/],
  ['(rag', 1, /this is not closed/],
  ['rag and ((flaky)', 9, /this is not closed/],
  ['rag)', 4, /nothing is open/],
  ['rag) and flaky', 4, /nothing is open/],
  ['rag and "flaky', 9, /the quoted name does not end/],
  ['rag, flaky', 4, /"," cannot stand here/],
  ['rag && flaky', 6, /a tag was expected$/],
  ['rag || flaky', 6, /a tag was expected$/],
  ['rag = flaky', 5, /"=" cannot stand here/],
  ["rag'; drop table bulkhead.test_cases --", 4, /"'" cannot stand here/],
  ['*', 1, /"\*" cannot stand here/],
  ['rag *', 5, /"\*" cannot stand here/],
  ['tier_**', 7, /"\*" cannot stand here/],
  ['rag and größe', 11, /"ö" cannot stand here/],
  ['rag and 🚀', 9, /"🚀" cannot stand here/],
  ['rag\u0001', 4, /"\\u0001" cannot stand here/],
  ['rag\u200band', 4, /cannot stand here/],
  [`${'('.repeat(101)}rag${')'.repeat(101)}`, 101, /it nests too deep/],
  [`${'!'.repeat(101)}rag`, 101, /it nests too deep/],
  ['x'.repeat(4001), 4001, /it is longer than 4,000 characters/],
];

test('a malformed expression is refused with the character, a caret under it, and a hint', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky' });
    for (const [where_tags, position, problem] of malformed) {
      const error = await refuses(
        t,
        client,
        () => call(client, 'find_cases', { suite_id, where_tags }),
        { code: 'TCEXP', message: problem },
      );
      t.regex(error.message, new RegExp(`at character ${position}:`), where_tags.slice(0, 50));
      const [excerpt = '', caret = ''] = (error.detail ?? '').split('\n');
      const at = caret.indexOf('^');
      const stopped = Array.from(where_tags)[position - 1];
      if (stopped) t.is(Array.from(excerpt)[at], stopped, where_tags.slice(0, 50));
      else t.is(at, Array.from(excerpt).length);
      t.true(Array.from(excerpt).length <= 80);
    }
  });
});

test('as long as an expression may be, it is read', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag', b: 'flaky' });
    const nested = `${'('.repeat(100)}rag${')'.repeat(100)}`;
    const negated = `${'not '.repeat(100)}rag`;
    for (const where_tags of [Array(1000).fill('rag').join('|'), nested, negated]) {
      t.is((await call(client, 'find_cases', { suite_id, where_tags })).length, 1);
    }
  });
});

test('the refusal as a person sees it', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky' });
    const where_tags = 'rag and\n(flaky or or rag)';
    await refuses(t, client, () => call(client, 'find_cases', { suite_id, where_tags }), {
      code: 'TCEXP',
      message: 'malformed tag expression at character 19: a tag was expected',
      detail: 'rag and (flaky or or rag)\n                  ^',
      hint: 'Name a tag, for example: rag and not flaky.',
    });
  });
});

test('a long expression is shown around the place', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag' });
    const where_tags = `${'rag or '.repeat(100)}, rag`;
    const error = await refuses(
      t,
      client,
      () => call(client, 'find_cases', { suite_id, where_tags }),
      { code: 'TCEXP', message: /at character 701: "," cannot stand here/ },
    );
    t.is(error.detail, `${'rag or '.repeat(100).slice(660)}, rag\n${' '.repeat(40)}^`);
  });
});

/** A name that the suite lacks, and the tag that is suggested for it. */
const unknown: [name: string, nearest: string | null][] = [
  ['flakey', 'flaky'],
  ['FLAKY', 'flaky'],
  ['tier_b_golld', 'tier_b_gold'],
  ['teir_b_gold', 'tier_b_gold'],
  ['tier-b-gold', 'tier_b_gold'],
  ['rga', 'rag'],
  ['"flakÿ"', 'flaky'],
  ['completely_different', null],
  ['x'.repeat(200), null],
  [`"${'ß'.repeat(300)}"`, null],
  ['""', null],
  ['zzz*', null],
  ['tiers*', null],
];

test('an unknown tag is named, with the nearest one of the dictionary of that suite', async (t) => {
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const other = await makeSuite(client);
    await appendTagged(client, suite_id, { a: 'rag flaky tier_a_gold tier_b_gold' });
    await appendTagged(client, other, { a: 'completely_differen' });
    for (const [where_tags, nearest] of unknown) {
      const error = await refuses(
        t,
        client,
        () => call(client, 'find_cases', { suite_id, where_tags }),
        { code: 'TCNTG' },
      );
      if (nearest) t.is(error.hint, `Did you mean "${nearest}"?`, where_tags);
      else t.regex(error.hint ?? '', /select name from bulkhead\.suite_tags/, where_tags);
    }
    await refuses(
      t,
      client,
      () => call(client, 'find_cases', { suite_id, where_tags: 'a or flakey' }),
      {
        code: 'TCNTG',
        message: 'the dictionary of this suite has no tag "a"',
      },
    );
  });
});

test('an unknown suite is said to be unknown, whatever the expression', async (t) => {
  await rolledBack(database.pool, async (client) => {
    for (const suite_id of ['0', '-1', '9223372036854775807', null]) {
      for (const name of ['find_cases', 'count_cases'])
        await refuses(t, client, () => call(client, name, { suite_id, where_tags: 'rag' }), {
          code: 'TCNSU',
        });
    }
    await refuses(
      t,
      client,
      () => call(client, 'parse_tag_expression', { suite_id: '0', expression: 'rag' }),
      { code: 'TCNSU' },
    );
  });
});
