import test from 'ava';
import { runBulkhead } from '../helpers/bulkhead.ts';
import { useDatabase } from '../helpers/database.ts';
import { makeFile } from '../helpers/import.ts';

const db = useDatabase(test);

test('bulkhead import says what it did, and which tags got another name', async (t) => {
  const file = makeFile(
    t,
    'tickets.csv',
    '\uFEFFid,text,labels,priority,from\r\n1,"Charged\r\ntwice","Billing;Refund (late)",P1,Mira\r\n2,Broken,,P0,\r\n',
  );
  const { code, output } = await runBulkhead(
    t,
    [
      ...['import', 'tickets', file, '--create', '--input', 'text', '--key', 'id'],
      ...['--tags', 'labels,priority', '--tags-separator', ';', '--tag', 'imported'],
    ],
    { DATABASE_URL: db.ownerUrl },
  );
  t.is(code, 0, output);
  t.regex(output, /^new suite tickets: 2 cases read, 2 inserted, \d+\.\d s$/m);
  t.regex(output, /^new tags \(5\): billing, imported, p0, p1, refund_late$/m);
  t.regex(output, /^tags written as names \(1\):\n {2}'Refund \(late\)' → refund_late$/m);
  t.regex(output, /^tags in lower case \(3\): Billing, P0, P1$/m);
  const { rows } = await db.pool.query(
    `select external_key, input, metadata from bulkhead.test_cases
      where suite_id = bulkhead.suite_id('tickets') order by id`,
  );
  t.deepEqual(rows, [
    { external_key: '1', input: 'Charged\r\ntwice', metadata: { from: 'Mira' } },
    { external_key: '2', input: 'Broken', metadata: {} },
  ]);
});

test('a file with errors ends with all of them and exit code 2', async (t) => {
  const file = makeFile(t, 'bad.csv', 'input,tags\nfine,a\n1,2,3\n,b\nfine,日本\n"cut');
  const { code, output } = await runBulkhead(t, ['import', 'bad', file, '--create'], {
    DATABASE_URL: db.ownerUrl,
  });
  t.is(code, 2, output);
  t.regex(output, /bad\.csv was not imported: 4 problems, nothing was written/);
  t.regex(output, /line 3: too many fields: 3, but the header has 2 fields \(input, tags\)/);
  t.regex(output, /line 4: the column 'input' is empty, so the case has no input/);
  t.regex(output, /line 5: no tag name can be made of '日本'/);
  t.regex(output, /line 6: the file ends inside the record that begins here/);
});

test('an unknown suite ends with exit code 3, a wrong flag says what it can be', async (t) => {
  const file = makeFile(t, 'one.jsonl', '{"input":"x"}\n');
  const environment = { DATABASE_URL: db.ownerUrl };
  const unknown = await runBulkhead(t, ['import', 'no-such', file], environment);
  t.is(unknown.code, 3, unknown.output);
  t.regex(unknown.output, /there is no suite "no-such"/);
  const flag = await runBulkhead(t, ['import', 'x', file, '--on-conflict', 'merge'], environment);
  t.not(flag.code, 0);
  t.regex(flag.output, /Allowed choices are fail, skip, update/);
});

test('bulkhead import knows the files of other tools, and --dry-run says how it reads them', async (t) => {
  const file = makeFile(
    t,
    'tests.jsonl',
    `${JSON.stringify({
      vars: { question: 'What is the capital of France?' },
      assert: [{ type: 'equals', value: 'Paris' }],
      metadata: { id: 'capital-1', tags: ['geo'] },
    })}\n`,
  );
  const environment = { DATABASE_URL: db.ownerUrl };
  const preview = await runBulkhead(t, ['import', 'promptfoo', file, '--dry-run'], environment);
  t.is(preview.code, 0, preview.output);
  t.regex(preview.output, /^format: promptfoo$/m);
  t.regex(preview.output, /^1 case read; nothing was stored$/m);

  const { code, output } = await runBulkhead(
    t,
    ['import', 'promptfoo', file, '--create'],
    environment,
  );
  t.is(code, 0, output);
  const { rows } = await db.pool.query(
    `select c.external_key, c.input, c.expected_output, bulkhead.test_cases_tags(c) as tags
       from bulkhead.test_cases c where c.suite_id = bulkhead.suite_id('promptfoo')`,
  );
  t.deepEqual(rows, [
    {
      external_key: 'capital-1',
      input: { question: 'What is the capital of France?' },
      expected_output: 'Paris',
      tags: ['geo'],
    },
  ]);
});

test('a dry run shows what is really read: metadata, and the tags', async (t) => {
  const dryRun = async (file: string, ...args: string[]) => {
    const { code, output } = await runBulkhead(t, ['import', 'x', file, '--dry-run', ...args]);
    t.is(code, 0, output);
    return output;
  };
  const header = 'Type,Category,Question,Best Answer,Source,Status\n';
  const lines = Array.from(
    { length: 12 },
    (_, n) => `Odd,Law ${n},why?,"so, so",${n ? 'x' : ''},\n`,
  );
  const table = makeFile(t, 'qa.csv', `${header}${lines.join('')}`);
  const mapped = await dryRun(
    ...([table, '--input', 'Question', '--expected', 'Best Answer'] as const),
    ...['--tags', 'Type,Category'],
  );
  t.regex(mapped, /^ {2}expected_output +← Best Answer$/m);
  t.regex(mapped, /^ {2}metadata +← Source$/m);
  t.regex(
    mapped,
    /^13 tags, new where the suite's dictionary has not got them: law_0, law_1, .*law_5.* … and 3 more$/m,
  );

  const tests = 'question,context,__expected,__metadata:id,__metadata:author\nwhy?,c,so,1,ada\n';
  const promptfoo = await dryRun(makeFile(t, 'tests.csv', tests));
  t.regex(promptfoo, /^format: promptfoo-csv$/m);
  t.regex(promptfoo, /^ {2}metadata +← author$/m);
  t.false(promptfoo.includes('new where'), promptfoo);

  const odd = await dryRun(
    makeFile(t, 'odd.jsonl', '{"input":"x","status":"open"}\n'),
    '--key',
    'status',
  );
  t.regex(odd, /^ {2}status +← \(active\)$/m);
  t.regex(odd, /^ {2}metadata +← \(none\)$/m);
});

test('a file of another kind is refused with the kinds that there are', async (t) => {
  const { code, output } = await runBulkhead(t, ['import', 'x', 'README.md', '--dry-run']);
  t.is(code, 2);
  t.regex(output, /README\.md ends in none of \.jsonl, \.json and \.csv/);
});

test('--format takes the names of formats, and no other', async (t) => {
  const { code, output } = await runBulkhead(t, ['import', 'x', 'y.jsonl', '--format', 'xml']);
  t.not(code, 0);
  t.regex(output, /promptfoo, promptfoo-csv, langfuse/);
});
