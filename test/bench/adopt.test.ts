import test from 'ava';
import { figures, run } from '../../bench/adopt.ts';
import { makeBenchContext, shapeOf } from './context.ts';

test('the benchmark moves a source in while people append to it', async (t) => {
  const context = makeBenchContext(t);
  const createDatabase: typeof context.createDatabase = async (options) => ({
    ...(await context.createDatabase(options)),
    drop: async () => {}, // the end of the test drops it
  });
  const sizes = { cases: 300, suites: 3, window: 300 };
  const result = await run({ ...context, createDatabase }, sizes);
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    cases: 'number',
    links: 'number',
    seconds: 'number',
    ratio_to_insert_select: 'number',
    source_append_p95_ratio: 'number',
    computing_append_p95_ratio: 'number',
    identical: 'boolean',
  });
  t.like(result, { bench: 'adopt', cases: 300, links: 900, identical: true });
  t.is(figures(result).length, 5);
});
