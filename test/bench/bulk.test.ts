import test from 'ava';
import { figures, run } from '../../bench/bulk.ts';
import { makeBenchContext, shapeOf } from './context.ts';

test('the benchmark compares an operation with a single statement', async (t) => {
  const result = await run(makeBenchContext(t), { cases: 700, window: 100 });
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    single_statement_per_s: 'number',
    operation_per_s: 'number',
    ratio: 'number',
    append_idle_p95_ms: 'number',
    append_during_p95_ms: 'number',
    undo_per_s: 'number',
  });
  t.is(result.bench, 'bulk');
  t.is(figures(result).length, 6);
});
