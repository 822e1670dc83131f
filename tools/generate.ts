/**
 * `npm run generate` makes everything that is made by machine and committed: typed queries, schema.sql, schema.graphql and the
 * page of errors. With --check it writes nothing and fails where a file is stale.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { registry } from '../src/errors.ts';
import { cloneDatabase } from '../test/helpers/database.ts';
import { printGraphqlSchema } from './print-schema.ts';
import { printSchema } from './schema-sql.ts';

const project = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
const stale: string[] = [];

const database = await cloneDatabase();
try {
  keep('docs/errors.md', printErrors());
  const client = new pg.Client(database.ownerUrl);
  await client.connect();
  keepSchema(await printSchema(client));
  await client.end();
  keep('schema.graphql', await printGraphqlSchema(database.apiUrl));
  generateQueries(database.ownerUrl);
} finally {
  await database.drop();
}
if (stale.length > 0) {
  console.error(`stale, run npm run generate: ${stale.join(', ')}`);
  process.exitCode = 1;
}

/** Versions of PostgreSQL word expressions differently: the schema is compared on the one that it was printed on. */
function keepSchema(content: string) {
  const version = (text: string) => /on PostgreSQL (\d+)/.exec(text)?.[1];
  const printed = version(fs.readFileSync(join(project, 'schema.sql'), 'utf8'));
  if (!isCheck || printed === version(content)) keep('schema.sql', content);
  else console.log(`schema.sql is of PostgreSQL ${printed}: not compared on ${version(content)}`);
}

/** Writes a file, or notes that it is stale. */
function keep(path: string, content: string) {
  const file = join(project, path);
  const present = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (present === content) return;
  if (isCheck) stale.push(path);
  else fs.writeFileSync(file, content);
}

/** pgtyped exits with 0 whatever happens and leaves old files behind: so it writes to an empty folder, and its words are read. */
function generateQueries(ownerUrl: string) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'bulkhead-queries-'));
  const config = JSON.parse(fs.readFileSync(join(project, 'pgtyped.json'), 'utf8'));
  config.srcDir = join(project, 'sql');
  config.transforms[0].emitTemplate = join(folder, '{{name}}.queries.ts');
  fs.writeFileSync(join(folder, 'pgtyped.json'), JSON.stringify(config));
  const { stdout, stderr } = spawnSync(
    join(project, 'node_modules/.bin/pgtyped'),
    ['-c', join(folder, 'pgtyped.json'), '--uri', ownerUrl],
    { encoding: 'utf8', cwd: project },
  );
  const sources = fs
    .readdirSync(config.srcDir)
    .map((name) => name.replace(/\.sql$/, '.queries.ts'));
  const made = fs.readdirSync(folder).filter((name) => name.endsWith('.queries.ts'));
  if (/error/i.test(stdout + stderr) || made.length !== sources.length) {
    throw new Error(`pgtyped did not type every query:\n${stdout}${stderr}`);
  }
  for (const name of made) {
    const content = fs.readFileSync(join(folder, name), 'utf8');
    keep(
      `src/queries/${name}`,
      content.replaceAll(`${config.srcDir}/`, 'sql/').replaceAll(/in "[^"]*\/sql\//g, 'in "sql/'),
    );
  }
  for (const name of fs.readdirSync(join(project, 'src/queries'))) {
    if (made.includes(name)) continue;
    if (isCheck) stale.push(`src/queries/${name}`);
    else fs.rmSync(join(project, 'src/queries', name));
  }
  fs.rmSync(folder, { recursive: true });
}

function printErrors(): string {
  const rows = registry.map(
    ({ name, sqlstate, httpStatus, exitCode, retryable, meaning }) =>
      `| ${name} | ${sqlstate ?? ''} | ${httpStatus} | ${exitCode} | ${retryable ? 'yes' : ''} | ${meaning} |`,
  );
  return [
    '# Errors',
    '',
    '<!-- Generated from src/errors.ts by npm run generate. -->',
    '',
    'Every refusal has one name. GraphQL gives it in `extensions.code`, with `sqlstate`, `detail`, `hint` and `retryable` beside it;',
    "psql shows the SQLSTATE; a command exits with the code of the table. SQLSTATEs that begin with `TC` are Bulkhead's own, the",
    "others are PostgreSQL's. Whatever has no row here is answered as `INTERNAL`, with an id under which the log has the details.",
    '',
    '| name | SQLSTATE | HTTP | exit code | may succeed later | when |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
