import test from 'ava';
import { figures, run } from '../../bench/partitions.ts';
import { makeBenchContext } from './context.ts';

test('the benchmark compares LIST with HASH partitions, and kinds of keys', async (t) => {
  const result = await run(makeBenchContext(t), { suites: 20, queries: 5, links: 500 });
  t.is(result.bench, 'partitions');
  t.is(figures(result).length, 8);
  for (const value of Object.values(result).slice(1)) t.is(typeof value, 'number');
});
