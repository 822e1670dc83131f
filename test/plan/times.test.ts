/** The arithmetic of times and limits: against the database where it has the rule, and against the incident. */
import test from 'ava';
import { defaultSpeed, settings } from '../../src/plan/coefficients.ts';
import { readPlanInput } from '../../src/plan/input.ts';
import { verdictOf } from '../../src/plan/limits.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { chunksOf } from '../../src/plan/times.ts';
import { useDatabase } from '../helpers/database.ts';

const database = useDatabase(test);
const planOf = (flags: Parameters<typeof readPlanInput>[0], speed = {}) =>
  makePlan(readPlanInput(flags), { ...defaultSpeed, ...speed });
const minutes = (count: number) => count * 60_000;

test('the incident comes out: minutes of waiting there, milliseconds here', (t) => {
  const { times } = planOf({ cases: '1400', bulk: '800', rowTime: '675ms', appends: '0.5' });
  const { old } = times;
  t.true(old.longestLock.value > minutes(8.5) && old.longestLock.value < minutes(9.5));
  t.true(old.appendDuring.value > minutes(8) && old.appendDuring.value < minutes(11));
  t.true(old.minuteAt.value < 1200, 'and it would have come at fewer cases');
  t.true(old.standstill.value < old.duration.value);
  t.true(times.duration.value < 100);
  t.true(times.appendDuring.value < 2 * times.appendIdle.value);
});

test('chunks are counted as the database sizes them', async (t) => {
  for (const { bulk, link, base } of [
    { bulk: 20_000, link: 0.02, base: 1.4 },
    { bulk: 20_000, link: 0.2, base: 1.4 },
    { bulk: 100_000, link: 0.003, base: 1 },
    { bulk: 800, link: 0.02, base: 1.4 },
    { bulk: 3, link: 0.02, base: 1.4 },
  ]) {
    const { rows } = await database.pool.query(
      `with recursive chunks (number, size, done) as (
         select 1, ${settings.firstChunk}, ${settings.firstChunk}
         union all
         select number + 1, next.size, done + next.size
         from chunks, bulkhead_private.next_chunk_size(size, $2::float8 + size * $3::float8) as next (size)
         where done < $1::integer
       )
       select count(*)::int as chunks, max(least(size, $1 - done + size)) as largest from chunks`,
      [bulk, base, link],
    );
    const { times } = planOf(
      { cases: String(bulk), bulk: String(bulk) },
      { chunkBase: base, link: link * 1000 },
    );
    const near = (of: number, to: number) => of >= to / 1.2 - 1 && of <= to * 1.2 + 1;
    t.true(near(times.chunks.value, rows[0].chunks), `${times.chunks.value}, ${rows[0].chunks}`);
    const { largest } = chunksOf(bulk, times.chunkSize.value);
    t.true(near(largest, rows[0].largest), `${largest}, ${rows[0].largest}`);
  }
});

test('cases that come many in one append cost less than alone, and more than one', (t) => {
  const one = planOf({ appends: '1' }).times.append.value;
  const hundred = planOf({ appends: '1', perAppend: '100' }).times.append.value;
  t.true(hundred > one && hundred < 100 * one);
});

test('the verdict names the machines that hold the plan', (t) => {
  const small = planOf({});
  t.is(small.verdict.machines, 1);
  const times = (count: number) => String(Number(small.input.suites) * count);
  const fits = planOf({ suites: times(Math.floor(small.verdict.factor)) });
  t.is(fits.verdict.machines, 1);
  const large = planOf({ suites: times(Math.ceil(small.verdict.factor) * 3) });
  t.true(large.verdict.factor < 1 && large.verdict.machines >= 3);
  t.deepEqual(large.verdict, verdictOf(large.limits));
  const factors = large.limits.map(({ factor }) => factor);
  t.deepEqual(
    factors,
    factors.toSorted((a, b) => a - b),
  );
});

test('without appends and bulk changes a day there are no limits of them', (t) => {
  const { limits, times } = planOf({ appends: '0', bulksPerDay: '0' });
  t.deepEqual(
    limits.map(({ limit }) => limit).filter((name) => /appends|bulk/.test(name)),
    [],
  );
  t.is(times.old.standstill.value, Number.POSITIVE_INFINITY);
});
