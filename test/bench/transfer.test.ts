import test from 'ava';
import { figures, run } from '../../bench/transfer.ts';
import { makeBenchContext, shapeOf } from './context.ts';

test('the benchmark compares transfers over HTTP with COPY', async (t) => {
  const sizes = { cases: 500, lines: 3000, idle: 300 };
  const result = await run(makeBenchContext(t), sizes);
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    import_ratio: 'number',
    export_ratio: 'number',
    import_peak_rss_mb: 'number',
    append_p95_ratio_during_import: 'number',
    import_cases_per_s: 'number',
    export_cases_per_s: 'number',
    append_idle_p95_ms: 'number',
    append_during_p95_ms: 'number',
  });
  t.true(result.import_ratio > 0 && result.export_ratio > 0);
  t.is(figures(result).length, 7);
});
