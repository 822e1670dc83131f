import test from 'ava';
import {
  readFlakySuites,
  repurposed,
  repurposeNew,
  repurposeOld,
} from '../../bench/support/second-incident.ts';
import { makeBenchContext } from './context.ts';

test('in the old design the cloud of the other suite changes too', async (t) => {
  const database = await makeBenchContext(t).createDatabase({ migrated: false });
  const { b } = await repurposeOld(database.ownerUrl, await readFlakySuites());
  const flaky = b.before.find(({ tag }) => tag === repurposed.from);
  t.deepEqual(
    b.after.find(({ tag }) => tag === repurposed.to),
    { tag: repurposed.to, meaning: repurposed.meaning, cases: flaky?.cases as number },
  );
  t.false(b.after.some(({ tag }) => tag === repurposed.from));
});

test('in Bulkhead it stays as it was', async (t) => {
  const { createDatabase, logger } = makeBenchContext(t);
  const database = await createDatabase();
  const { a, b } = await repurposeNew(database.ownerUrl, await readFlakySuites(), logger);
  t.deepEqual(b.after, b.before);
  t.true(b.before.some(({ tag }) => tag === repurposed.from));
  const flaky = a.before.find(({ tag }) => tag === repurposed.from);
  t.deepEqual(
    a.after.find(({ tag }) => tag === repurposed.to),
    { tag: repurposed.to, meaning: repurposed.meaning, cases: flaky?.cases as number },
  );
});
