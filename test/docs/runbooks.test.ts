/** Runbooks have one form, their blocks have names, and each has a test that provokes the trouble. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { readBlocks, readHeadings, readPage } from '../helpers/markdown.ts';

const names = readdirSync(join(projectDir, 'docs/runbooks')).filter((name) => name !== 'README.md');
const sections = ['Symptom', 'First look', 'What it means', 'What to do', 'Over when'];

/** What is tried together with something else. */
const triedBy: Record<string, string> = { 'upgrade-postgresql': 'restore-from-backup' };

for (const file of names) {
  const name = file.replace('.md', '');

  test(`${file} has the form of a runbook`, (t) => {
    t.deepEqual(readHeadings(`docs/runbooks/${file}`, 2), sections);
    const blocks = readBlocks(`docs/runbooks/${file}`).filter(({ language }) =>
      /^(sql|sh)$/.test(language),
    );
    const called = blocks.map((block) => block.name);
    t.true(called.length > 0);
    t.deepEqual(called, [...new Set(called)], 'each block has a name of its own');
    t.false(called.includes(''));
  });

  test(`${file} is tried by a test`, (t) => {
    t.true(existsSync(join(projectDir, `test/runbooks/${triedBy[name] ?? name}.test.ts`)));
  });
}

test('the list has each of them', (t) => {
  const listed = [...readPage('docs/runbooks/README.md').matchAll(/^\| \[.*?\]\((.*?)\)/gm)];
  t.deepEqual(listed.map(([, file]) => file).sort(), names.sort());
});
