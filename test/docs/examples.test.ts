import test from 'ava';
import { seedDemo } from '../../src/demo/seed.ts';
import { useDatabase } from '../helpers/database.ts';
import { readBlocks } from '../helpers/markdown.ts';

const database = useDatabase(test);

test.serial.before('fill with the demo suites', async () => {
  await seedDemo({ ownerUrl: database.ownerUrl });
});

for (const page of ['README.md', 'docs/using.md', 'docs/access.md']) {
  const blocks = readBlocks(page)
    .filter(({ language }) => language === 'sql')
    .map(({ text }) => text);

  test.serial(`every SQL example of ${page} runs and gives rows`, async (t) => {
    t.true(blocks.length > 0);
    for (const block of blocks) {
      const results = [await database.pool.query(block)].flat();
      for (const result of results) t.true((result.rowCount ?? 0) > 0, `${block}\ngave no row`);
    }
  });
}
