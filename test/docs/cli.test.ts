import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import test from 'ava';
import { projectDir } from '../../src/config.ts';
import { seedDemo } from '../../src/demo/seed.ts';
import { startProcess } from '../cli/remote.ts';
import { useApi } from '../helpers/api.ts';
import { makeFile } from '../helpers/import.ts';
import { useWorker } from '../helpers/processes.ts';

const api = useApi(test);
const page = readFileSync(join(projectDir, 'docs/cli.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? '');
const [, firstToken = ''] = /^```sh first-token\n(.*?)^```/ms.exec(page) ?? [];

test('every command of docs/cli.md runs, in this order', async (t) => {
  await seedDemo({ ownerUrl: api.db.ownerUrl });
  await useWorker(t, api.db);
  const cases = '{"external_key":"first-case","input":"a question","tags":["rag"]}\n';
  const folder = dirname(makeFile(t, 'new-cases.jsonl', cases));
  const program = join(folder, 'bin/bulkhead');
  mkdirSync(dirname(program));
  const command = `exec '${process.execPath}' '${join(projectDir, 'bin/bulkhead.js')}' "$@"`;
  writeFileSync(program, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  const PATH = `${dirname(program)}${delimiter}${process.env.PATH}`;
  const makesToken = `${firstToken}\nprintf '%s' "$BULKHEAD_TOKEN"`;
  const made = await startProcess(t, ['bash', '--norc', '-euc', makesToken], {
    env: { DATABASE_URL: api.db.ownerUrl, PATH },
  }).ended;
  t.is(made.code, 0, made.stderr);
  const env = { BULKHEAD_URL: api.url, BULKHEAD_TOKEN: made.stdout, PATH };
  t.true(blocks.length > 5);
  for (const block of blocks) {
    const script = `cd '${folder}'; set -euo pipefail\n${block}`;
    const { code, stdout, stderr } = await startProcess(t, ['bash', '--norc', '-c', script], {
      env,
    }).ended;
    t.is(code, 0, `${block}\n${stdout}\n${stderr}`);
  }
});

test('docs/cli.md has every command that goes to a server', async (t) => {
  const args = ['bin/bulkhead.js', 'completion', 'bash'];
  const { stdout } = await startProcess(t, [process.execPath, ...args]).ended;
  const paths = [...stdout.matchAll(/^ {4}'([a-z -]+)'\) words=/gm)].map(([, path = '']) => path);
  const groups = ['tags', 'ops', 'routes', 'snapshot', 'token'];
  const ofServer = paths.filter((path) => groups.includes(path.split(' ')[0] ?? ''));
  t.true(ofServer.length > 20);
  for (const path of ofServer) t.true(page.includes(path), path);
  for (const verb of ['suites', 'append', 'pull', 'tag', 'untag', 'archive', 'history', 'restore'])
    t.true(page.includes(`bulkhead ${verb} `), verb);
});
