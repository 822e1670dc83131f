import test from 'ava';
import { figures, run } from '../../bench/plan.ts';
import { makeBenchContext } from './context.ts';

test('the benchmark compares what was planned with what happened', async (t) => {
  const sizes = {
    ...{ cases: 1200, bulk: 600, tags: 2, caseBytes: 200, batch: 100 },
    ...{ appenders: 2, pause: 5, window: 150, incidentCases: 70, rowPause: 1 },
  };
  const { bench, worst_factor, ...pairs } = await run(makeBenchContext(t), sizes);
  t.is(bench, 'plan');
  t.true(worst_factor >= 1);
  const names = Object.keys(pairs);
  t.is(names.length, 13);
  for (const [name, { predicted, measured, factor }] of Object.entries(pairs))
    t.true(predicted > 0 && measured > 0 && factor >= 1 && factor <= worst_factor, name);
  t.is(figures({ bench, worst_factor, ...pairs }).length, names.length + 1);
});
