/** A migration that brings back what a decision record forbids fails, and the record is named. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { forbiddenBy, records } from '../helpers/records.ts';

const testsOf = (folder: string) =>
  readdirSync(join(projectDir, 'test', folder))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(projectDir, 'test', folder, name), 'utf8'));

/** The sentences of all rules there are. */
const rules = [...testsOf('schema'), ...testsOf('access')].flatMap((source) =>
  [...source.matchAll(/^ {2}rule:\s+'(.*)',$/gm)].map(([, rule = '']) => rule),
);

test('each rule of the table is a rule, and each record is there', (t) => {
  t.true(rules.length > 20);
  for (const [record, held] of Object.entries(records)) {
    t.true(existsSync(join(projectDir, 'docs/adr', record)), record);
    for (const rule of held) t.true(rules.includes(rule), `${record}: ${rule}`);
  }
});

test('a rule holds one record, which its report names', (t) => {
  const held = Object.values(records).flat();
  t.deepEqual(held, [...new Set(held)]);
  const about = 'every primary key, unique constraint and index leads with suite_id';
  t.is(forbiddenBy(about), ' — forbidden by docs/adr/0011-one-table-and-one-dictionary.md');
  t.is(forbiddenBy('every table has a primary key'), '');
});
