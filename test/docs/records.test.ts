/** Decision records have one form, so that people find what they look for: and each says how its figures are reproduced. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { readHeadings, readPage } from '../helpers/markdown.ts';

const names = readdirSync(join(projectDir, 'docs/adr')).filter((name) => /^\d/.test(name));
const sections = ['Context', 'Decision', 'Evidence', 'Consequences'];

for (const name of names) {
  const page = `docs/adr/${name}`;

  test(`${name} has the form of a record`, (t) => {
    const text = readPage(page);
    t.regex(
      text,
      new RegExp(`^# ${name.slice(0, 4)} \\S.*\n\nStatus: (accepted|deprecated|superseded)\n`),
    );
    t.deepEqual(readHeadings(page, 2), sections);
    const [, by = ''] = /^Superseded by: (.*)$/m.exec(text) ?? [];
    t.regex(by, /^(nothing|\[\d{4}\]\(.*)$/, 'it says what it is superseded by');
    t.is(
      by === 'nothing',
      text.includes('\nStatus: accepted\n'),
      'one that holds is superseded by nothing',
    );
    for (const [, target = ''] of by.matchAll(/\]\((.*?)\)/g))
      t.true(existsSync(join(projectDir, 'docs/adr', target)), target);
  });

  test(`${name} says how its evidence is reproduced, by commands that are there`, (t) => {
    const evidence = /^## Evidence$([\s\S]*?)^## /m.exec(readPage(page))?.[1] ?? '';
    const commands = [...evidence.matchAll(/`(npm (?:run|test)[^`]*|npx [^`]*)`/g)];
    t.true(commands.length > 0, 'it names a command');
    for (const [, command = ''] of commands) {
      const [, bench] = /^npm run -s bench -- ([\w-]+)/.exec(command) ?? [];
      if (bench) t.true(existsSync(join(projectDir, 'bench', `${bench}.ts`)), command);
      const [, file] = /^npm test -- (\S+)/.exec(command) ?? [];
      if (file) t.true(existsSync(join(projectDir, file.replace(/\/\*.*$/, ''))), command);
    }
  });
}

test('the list has each record once, with its title', (t) => {
  const list = readPage('docs/adr/README.md');
  t.deepEqual(
    [...list.matchAll(/^\| \[\d{4}\]\((.*?)\) \| (.*?) \|$/gm)].map(([, file, title]) => [
      file,
      title,
    ]),
    names.sort().map((name) => [name, /^# \d{4} (.*)$/m.exec(readPage(`docs/adr/${name}`))?.[1]]),
  );
});
