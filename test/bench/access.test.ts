import test from 'ava';
import { figures, run } from '../../bench/access.ts';
import { makeBenchContext, shapeOf } from './context.ts';

test('the benchmark compares requests with a token to those of an owner', async (t) => {
  const sizes = { suites: 10, oneOf: 5, casesEach: 60, reads: 4, appends: 4 };
  const result = await run(makeBenchContext(t), sizes);
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    ratio_read_p50: 'number',
    ratio_append_p95: 'number',
    ratio_read_p50_in_all: 'number',
    ratio_append_p95_in_all: 'number',
    read_p50_ms: 'number',
    append_p95_ms: 'number',
  });
  t.is(figures(result).length, 6);
});
