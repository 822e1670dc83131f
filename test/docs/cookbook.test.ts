/** Each recipe of the cookbook, in order, on the demo suites, with what the page says comes out. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { seedDemo } from '../../src/demo/seed.ts';
import { useDatabase } from '../helpers/database.ts';
import { type Block, readBlocks, readHeadings } from '../helpers/markdown.ts';
import { useWorker } from '../helpers/processes.ts';
import {
  drawResult,
  fillVariables,
  findProgram,
  queryAsText,
  runScript,
  startPsql,
} from '../helpers/psql.ts';
import { until } from '../helpers/waits.ts';

const page = 'docs/cookbook.md';
const blocks = readBlocks(page);
const recipes = readHeadings(page, 2);
const psql = findProgram('psql');
let folder = '';
let client: pg.Client;

// before useDatabase, which drops the database at the end
test.serial.after.always('close it', async () => {
  await client?.end();
  if (folder) await fs.rm(folder, { recursive: true });
});

const database = useDatabase(test);

test.serial.before('the demo suites, a file of keys, and one session for all recipes', async () => {
  await seedDemo({ ownerUrl: database.ownerUrl });
  folder = await fs.mkdtemp(join(tmpdir(), 'bulkhead-cookbook-'));
  const { rows } = await database.pool.query(
    `select external_key from bulkhead.find_cases(bulkhead.suite_id('regression'), 'rag and not needs_review', row_limit => 3)`,
  );
  await fs.writeFile(join(folder, 'keys.txt'), rows.map((row) => `${row.external_key}\n`).join(''));
  client = new pg.Client({ connectionString: database.ownerUrl, application_name: 'psql' });
  await client.connect();
});

test('there are at least twenty recipes, numbered in order', (t) => {
  t.true(recipes.length >= 20);
  for (const [index, title] of recipes.entries()) t.true(title.startsWith(`${index + 1}. `), title);
});

for (const title of recipes) {
  const own = blocks.filter(({ heading }) => heading === title);
  test.serial(title, async (t) => {
    t.true(own.length > 0);
    // only here: what a recipe queues is done before the next one, and a job for the night stays
    await useWorker(t, database);
    for (const [index, block] of own.entries()) {
      if (block.language === 'sql') await runSql(t, block, own[index + 1]);
      else if (block.language === 'psql') await runPsql(t, block);
    }
    await settled();
  });
}

/** Runs a block statement by statement, as psql does, and compares its last result that has columns. */
async function runSql(t: ExecutionContext, block: Block, expected: Block | undefined) {
  const text = fillVariables(block.text, await variables());
  let shown: pg.QueryArrayResult | undefined;
  for (const statement of text.split(/;\s*$/m).filter((part) => part.trim() !== '')) {
    const result = await queryAsText(client, statement);
    if (result.fields.length > 0) shown = result;
  }
  if (expected?.language === 'text')
    t.is(`${shown && drawResult(shown)}\n`, expected.text, `after:\n${block.text}`);
  else if (expected?.language === 'columns' && expected.text.trim() !== '') {
    t.deepEqual(
      shown?.fields.map(({ name }) => name),
      expected.text.trim().split(' | '),
    );
    t.true((shown?.rows.length ?? 0) > 0, 'it has rows');
  }
  t.true(['text', 'columns'].includes(expected?.language ?? ''), 'the page says what comes out');
}

/** Runs a block by psql itself; without one, what is not psql's own by the driver. */
async function runPsql(t: ExecutionContext, block: Block) {
  const watches = block.text.includes('\\watch');
  if (!psql) {
    t.log(`there is no psql on the PATH: ${watches ? 'skipped' : 'run by the driver'}`);
    if (!watches) await runScript(client, block.text, folder);
    return;
  }
  const run = startPsql(t, database.ownerUrl, block.text, folder);
  if (watches) {
    await until('it has been shown twice', async () => run.stdout().split('percent').length > 2);
    run.child.kill('SIGKILL');
    await run.ended;
    return;
  }
  const { code, stderr } = await run.ended;
  t.is(code, 0, stderr);
}

/** What a person would set by \set: the last operation of the suite, a login, and the database. */
async function variables() {
  const { rows } = await client.query(
    "select coalesce(max(id), 0)::int as operation from bulkhead.bulk_operations where suite_id = bulkhead.suite_id('regression')",
  );
  const jobs = await client.query('select max(id)::int as job from graphile_worker.jobs');
  const login = `alice_${database.name.slice(-6)}`;
  return {
    operation: rows[0].operation,
    job: jobs.rows[0].job ?? 0,
    login,
    database: database.name,
  };
}

/** Resolves once no operation is under way: the next recipe finds what this one left. */
async function settled() {
  await until('the operations have ended', async () => {
    const { rows } = await client.query(
      "select from bulkhead.bulk_operations where state in ('queued', 'running')",
    );
    return rows.length === 0;
  });
}
