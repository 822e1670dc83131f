/** Waiting for an operation that a worker does: lines in a log, a bar on a terminal. */
import test from 'ava';
import { useApi } from '../helpers/api.ts';
import { useWorker } from '../helpers/processes.ts';
import { makeCli, startProcess } from './remote.ts';

const api = useApi(test);
const cases = ['a', 'b', 'c'].map((input) => ({ input }));

test.serial('without a terminal there are lines', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('lines', cases)]);
  // a new tag has to be in the dictionary first, so it is not done in the call
  const queued = await cli.json(['tag', 'lines', '--all', '--add', 'new', '--no-wait']);
  const watching = cli.start(['ops', 'watch', 'lines', queued.id]);
  await watching.notes(/^operation \d+ \(tag\) queued: 0 of 3 cases\n/);
  await useWorker(t, api.db);
  const { code, stdout, stderr } = await watching.ended;
  t.is(code, 0, stderr);
  t.regex(stdout, /^operation \d+ \(tag\) succeeded: 3 cases, 3 changed\n$/);
});

test.serial('on a terminal the progress is a bar', async (t) => {
  const cli = await makeCli(t, api, 'editor', [await api.suite('terminal', cases)]);
  const running = startProcess(
    t,
    ['script', '-qefc', 'node bin/bulkhead.js tag terminal --all --add fresh-two', '/dev/null'],
    { env: { ...cli.env, TERM: 'xterm' } },
  );
  await useWorker(t, api.db);
  const { code, stdout } = await running.ended;
  t.is(code, 0, stdout);
  t.regex(stdout, /tag [█░]+ \d+ % \| \d of 3 cases \| \w+/);
  t.regex(stdout, /operation \d+ \(tag\) succeeded: 3 cases, 3 changed/);
});
