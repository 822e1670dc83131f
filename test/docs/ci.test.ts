/** docs/ci.md as a CI system runs it: against a server, with the token that it says how to make. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { parse } from 'yaml';
import { projectDir } from '../../src/config.ts';
import { seedDemo } from '../../src/demo/seed.ts';
import { useApi } from '../helpers/api.ts';
import { readBlocks } from '../helpers/markdown.ts';

const api = useApi(test);
const run = promisify(execFile);
const blocks = readBlocks('docs/ci.md');
const under = (heading: string) => blocks.filter((block) => block.heading === heading);
let folder: string;
let environment: Record<string, string>;

test.serial.before('make a workspace, and the token as the page says', async () => {
  await seedDemo({ ownerUrl: api.db.ownerUrl });
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-ci-'));
  const tools = join(folder, 'tools');
  await mkdir(tools);
  // The project is here already, so nothing is downloaded.
  await symlink(projectDir, join(folder, '.bulkhead'));
  await tool(
    join(tools, 'bulkhead'),
    `exec '${process.execPath}' '${projectDir}/bin/bulkhead.js' "$@"`,
  );
  await tool(join(tools, 'npx'), 'exec "$@"');
  await tool(
    join(folder, 'evaluate'),
    `set -eu; test -s "$1"; n=$(date +%s%N); echo "{\\"external_key\\": \\"found-$n\\", \\"input\\": \\"$n\\"}" > new-cases.jsonl`,
  );
  environment = {
    PATH: [tools, process.env.PATH].join(delimiter),
    HOME: folder,
    DATABASE_URL: api.db.ownerUrl,
    BULKHEAD_LOG_LEVEL: 'error',
  };
  const [make] = under('Bulkhead in CI');
  const token = (await shell(make?.text ?? '')).trim();
  environment = { PATH: environment.PATH ?? '', HOME: folder };
  Object.assign(environment, { BULKHEAD_URL: api.url, BULKHEAD_TOKEN: token });
});

test.serial.after.always('remove the workspace', () => rm(folder, { recursive: true }));

async function tool(file: string, script: string) {
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/** Runs a script as GitHub Actions does; rejects with its output if it fails. */
async function shell(script: string, more: Record<string, string> = {}): Promise<string> {
  const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
  const { stdout } = await run('bash', args, { cwd: folder, env: { ...environment, ...more } });
  return stdout;
}

const found = async () => {
  const { rows } = await api.db.pool.query(
    `select count(*)::integer as cases from bulkhead.test_cases where external_key like 'found-%'`,
  );
  return rows[0].cases;
};

test.serial('routes and snapshots are made as the page says, with an editor’s token', async (t) => {
  const { rows } = await api.db.pool.query(`select bulkhead.suite_id('regression') as id`);
  const { token } = await api.token('editor', [rows[0].id]);
  for (const { text } of under('What to ask for')) await shell(text, { BULKHEAD_TOKEN: token });
  const frozen = await readFile(join(folder, 'frozen.jsonl'), 'utf8');
  t.true(frozen.split('\n').length > 10);
});

test.serial('the workflow of GitHub Actions, step by step', async (t) => {
  const [block] = under('GitHub Actions');
  const { jobs } = parse(block?.text ?? '');
  const { env, steps } = jobs.evaluate;
  t.deepEqual(Object.keys(env), ['BULKHEAD_URL', 'BULKHEAD_TOKEN']);
  const before = await found();
  let ran = 0;
  for (const { uses, run: script } of steps) {
    if (uses) t.regex(uses, /^actions\/checkout@v\d+$/);
    else if (/npm ci/.test(script)) t.log(`not run, the project is installed here: ${script}`);
    else {
      await shell(script, { GITHUB_RUN_ID: '4711' });
      ran += 1;
    }
  }
  t.is(ran, 3);
  t.is(await found(), before + 1);
  const append = steps.at(-1).run;
  const again = async () => JSON.parse(await shell(`${append} --json`, { GITHUB_RUN_ID: '4711' }));
  // another attempt: with the same cases, and with others
  t.deepEqual(await again(), await again());
  await writeFile(join(folder, 'new-cases.jsonl'), '{"external_key": "found-again", "input": 2}\n');
  t.is((await again()).inserted, 1);
  t.is(await found(), before + 2);
  const { rows } = await api.db.pool.query(
    `select route, pulled_by from bulkhead.route_pulls order by id desc limit 1`,
  );
  t.like(rows[0], { route: 'release-gate' });
  t.regex(rows[0].pulled_by, /^token:\d+$/);
});

test.serial('the same with curl alone; what has not changed is not sent again', async (t) => {
  try {
    await run('curl', ['--version']);
  } catch {
    t.log('not run: there is no curl here');
    return t.pass();
  }
  const [block] = under('With curl alone');
  const before = await found();
  await shell(block?.text ?? '', { CI_PIPELINE_ID: '1' });
  const tests = await readFile(join(folder, 'tests.jsonl'), 'utf8');
  t.true(Array.isArray(JSON.parse(tests.split('\n')[0] ?? '').assert ?? []));
  await shell(block?.text ?? '', { CI_PIPELINE_ID: '2' });
  t.is(await readFile(join(folder, 'tests.jsonl'), 'utf8'), tests);
  t.is(await found(), before + 2);
});
