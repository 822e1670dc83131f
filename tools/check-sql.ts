/**
 * Lints the SQL: PostgreSQL's own parser reads every statement, and the house style is held: lower-case keywords,
 * two spaces, lines that fit, one object in a fixture, named like its file, and no text executed that nothing has quoted.
 */
import * as fs from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parse, scan } from 'libpg-query';
import { findUnquoted } from '../src/commands/doctor/dynamic-sql.ts';

const project = join(import.meta.dirname, '..');
const longestLine = 160;
const problems: string[] = [];

const fixtures = find('migrations/fixtures');
for (const file of [...fixtures, ...find('migrations/current'), ...find('sql')])
  await checkFile(file);
checkIncludes();

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

async function checkFile(file: string) {
  const text = fs.readFileSync(file, 'utf8');
  text.split('\n').forEach((line, index) => {
    if (/\t|\s$/.test(line)) report(file, index + 1, 'has a tab, or a space at its end');
    if (line.length > longestLine)
      report(file, index + 1, `is longer than ${longestLine} characters`);
    if (/^( {2})* \S/.test(line) && !/^ \*/.test(line))
      report(file, index + 1, 'is not indented by twos');
  });
  // pgtyped's parameters are not SQL; a number in their place has the same length
  const sql = text.replace(/(?<![:\w]):[a-zA-Z]\w*!?/g, (name) => '1'.padEnd(name.length, ' '));
  try {
    await parse(sql);
    await checkKeywords(file, sql);
  } catch (error) {
    const { message, sqlDetails } = error as Error & { sqlDetails?: { cursorPosition?: number } };
    report(file, lineAt(sql, sqlDetails?.cursorPosition ?? 0), message);
  }
  if (fixtures.includes(file)) {
    checkName(file, sql);
    checkDynamic(file, sql);
  }
}

/** Text that a function executes is quoted: the doctor asks the same of the functions of a live database. */
function checkDynamic(file: string, sql: string) {
  const functions = /^create or replace function (\w+\.\w+)[\s\S]*?^as \$\$([\s\S]*?)^\$\$;/gm;
  for (const { index, 1: name = '', 2: body = '' } of sql.matchAll(functions))
    for (const statement of findUnquoted(name, body))
      report(file, lineAt(sql, index), `${name} executes what nothing has quoted: ${statement}`);
}

/** Bodies in dollar quotes are SQL as well, and are scanned as such. */
async function checkKeywords(file: string, sql: string, offset = 0, whole = sql): Promise<void> {
  const bytes = Buffer.from(sql);
  for (const token of (await scan(sql)).tokens) {
    const text = bytes.subarray(token.start, token.end).toString();
    const at = offset + bytes.subarray(0, token.start).toString().length;
    if (token.keywordKind > 0 && text !== text.toLowerCase()) {
      report(file, lineAt(whole, at), `${text} is a keyword and not in lower case`);
    }
    if (/^\$\w*\$/.test(text)) await checkKeywords(file, text.slice(2, -2), at + 2, whole);
  }
}

/** A fixture holds the object that it is named after (a trigger comes with its function), with its comment. */
function checkName(file: string, sql: string) {
  const name = basename(file, '.sql');
  const objects = [...sql.matchAll(/^create or replace (?:function|view) \w+\.(\w+)/gm)].map(
    (match) => match[1],
  );
  if (name === 'access' || name === 'policies') return;
  if (objects.length !== 1 || objects[0] !== name)
    report(file, 1, `should hold ${name} and nothing else`);
  if (!/^comment on /m.test(sql)) report(file, 1, 'has no comment on its object');
}

/** graphile-migrate takes a mistyped directive for a comment: so each fixture has to be found, included, in a migration. */
function checkIncludes() {
  const migrations = find('migrations/committed')
    .concat(find('migrations/current'))
    .map((file) => fs.readFileSync(file, 'utf8'))
    .join('\n');
  for (const file of fixtures) {
    const path = relative(join(project, 'migrations/fixtures'), file);
    if (
      !migrations.includes(`--! Included ${path}`) &&
      !migrations.includes(`--!include ${path}`)
    ) {
      report(file, 1, 'is included in no migration');
    }
  }
}

function find(folder: string): string[] {
  return fs
    .readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .map((name) => join(project, folder, name))
    .sort();
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function report(file: string, line: number, problem: string) {
  problems.push(`${relative(project, file)}:${line}: ${problem}`);
}
