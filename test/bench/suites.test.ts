import test from 'ava';
import { figures, run } from '../../bench/suites.ts';
import { makeBenchContext, shapeOf } from './context.ts';

test('the benchmark compares few suites with many', async (t) => {
  const sizes = { few: 2, many: 12, casesEach: 60, calls: 3, builds: 1 };
  const result = await run(makeBenchContext(t), sizes);
  t.deepEqual(shapeOf(result), {
    bench: 'string',
    create_ratio: 'number',
    pull_ratio: 'number',
    append_ratio: 'number',
    schema_build_ratio: 'number',
  });
  t.is(result.bench, 'suites');
  t.is(figures(result).length, 4);
});
