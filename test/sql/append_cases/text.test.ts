/** The big list of naughty strings, and other text that breaks things, come out as they went in or are refused with the reason. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../../src/config.ts';
import { append, call, makeSuite, type NewCase } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { refuses } from '../../helpers/errors.ts';

const database = useDatabase(test);

const file = join(projectDir, '../shared/data/blns/blns.json');
const naughty: string[] = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];

/** Text of our own making that stores break on. */
const ours = [
  '\u2028 and \u2029 are line ends in JavaScript',
  '\ufeffbyte order mark',
  'e\u0301 is not é',
  '\u202eright to left\u202c',
  '👩‍👩‍👧‍👦 is one family',
  'null',
  '{"json": "in text"}',
  '\\u0041 is not A',
  "'; drop table bulkhead.test_cases; --",
  '\r\n\t\b\f\u0001\u007f\u0085',
  '𝕬'.repeat(1000),
];

for (const [list, strings] of Object.entries({
  'naughty strings': naughty,
  'our own list': ours,
})) {
  if (strings.length === 0) {
    test(`${list}: not tried`, (t) => {
      t.log(`skipped: ${file} does not exist`);
      t.pass();
    });
    continue;
  }

  test(`${list}: input, expected output, key and metadata come out as they went in`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      const cases: NewCase[] = strings.map((text, index) => ({
        input: text,
        expected_output: { text, list: [text] },
        metadata: { text, [`${text} as a key`]: index },
      }));
      await append(client, suite_id, cases);
      const found = await call(client, 'find_cases', { suite_id, row_limit: null });
      t.is(found.length, strings.length);
      for (const [index, row] of found.entries())
        t.like(row, cases[index] as object, strings[index]);
    });
  });

  test(`${list}: an external key finds its case, or is refused`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      for (const external_key of new Set(strings)) {
        const add = () => append(client, suite_id, [{ external_key, input: external_key }]);
        const length = Array.from(external_key).length;
        if (length < 1 || length > 512) {
          await refuses(t, client, add, {
            code: 'TCBAD',
            message: /is not 1 to 512 characters long/,
          });
          continue;
        }
        t.is((await add())[0]?.outcome, 'inserted');
        t.is((await add())[0]?.outcome, 'unchanged');
        const found = await call(client, 'find_cases', { suite_id, external_keys: [external_key] });
        t.deepEqual(
          found.map((row) => [row.external_key, row.input]),
          [[external_key, external_key]],
        );
      }
    });
  });

  test(`${list}: a search finds what has the text, and a name made of it is a tag`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      await append(
        client,
        suite_id,
        strings.map((input) => ({ input })),
      );
      for (const text of strings) {
        const found = await call(client, 'find_cases', { suite_id, search: text, row_limit: null });
        t.true(
          found.some((row) => row.input === text),
          text,
        );
        t.true(
          found.every((row) => String(row.input).toLowerCase().includes(text.toLowerCase())),
          text,
        );
        const { rows } = await client.query('select bulkhead.normalize_tag($1) as tag', [text]);
        if (rows[0].tag !== null) t.regex(rows[0].tag, /^[a-z0-9][a-z0-9_.:/-]{0,62}$/, text);
      }
    });
  });

  test(`${list}: as slug, tag, expression, colour or state, text is read or refused with the reason`, async (t) => {
    await rolledBack(database.pool, async (client) => {
      const suite_id = await makeSuite(client);
      const codes: Record<string, (text: string) => [string, Record<string, unknown>, RegExp]> = {
        slug: (slug) => ['create_suite', { slug }, /^(23514|23505)$/],
        look: (slug) => ['suite_id', { slug }, /^TCNSU$/],
        tag: (name) => ['define_tag', { suite_id, name }, /^TCTAG$/],
        colour: (colour) => ['define_tag', { suite_id, name: 'rag', colour }, /^23514$/],
        group: (exclusive_group) => [
          'define_tag',
          { suite_id, name: 'rag', exclusive_group },
          /^23514$/,
        ],
        expression: (where_tags) => ['find_cases', { suite_id, where_tags }, /^(TCEXP|TCNTG)$/],
        status: (status) => ['find_cases', { suite_id, status }, /^TCARG$/],
        remove: (tag) => ['bulk_tag', { suite_id, all_cases: true, remove: [tag] }, /^TCNTG$/],
      };
      for (const text of strings) {
        for (const [what, make] of Object.entries(codes)) {
          const [name, args, expected] = make(text);
          await client.query('savepoint one');
          const error = await call(client, name, args).then(
            () => null,
            (reason) => reason,
          );
          if (error) t.regex(error.code, expected, `${what}: ${text}`);
          await client.query('rollback to savepoint one');
        }
      }
    });
  });
}
