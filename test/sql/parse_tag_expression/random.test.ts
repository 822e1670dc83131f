/** Random expressions over random cases, compared with an evaluator that shares nothing with the SQL. */
import test from 'ava';
import { appendTagged, call, makeSuite } from '../../helpers/cases.ts';
import { rolledBack, useDatabase } from '../../helpers/database.ts';
import { makeRandom, type Random } from '../../helpers/random.ts';

const database = useDatabase(test);

const tags = ['a', 'ab', 'abc', 'not', 'or', 'tier_a', 'tier_b', 'x.y', 'x/y-z:1'];

type Tree =
  | { tag: string }
  | { prefix: string }
  | { not: Tree }
  | { and: [Tree, Tree] }
  | { or: [Tree, Tree] };

function makeTree(random: Random, depth: number): Tree {
  if (depth === 0 || random.chance(0.25)) {
    if (random.chance(0.8)) return { tag: random.pick(tags) };
    const tag = random.pick(tags);
    return { prefix: tag.slice(0, 1 + random.below(tag.length)) };
  }
  if (random.chance(0.3)) return { not: makeTree(random, depth - 1) };
  const pair: [Tree, Tree] = [makeTree(random, depth - 1), makeTree(random, depth - 1)];
  return random.chance(0.5) ? { and: pair } : { or: pair };
}

/** Whether a case with these tags is meant. */
function matches(tree: Tree, has: readonly string[]): boolean {
  if ('tag' in tree) return has.includes(tree.tag);
  if ('prefix' in tree) return has.some((tag) => tag.startsWith(tree.prefix));
  if ('not' in tree) return !matches(tree.not, has);
  if ('and' in tree) return tree.and.every((part) => matches(part, has));
  return tree.or.some((part) => matches(part, has));
}

/** Writes a tree with the fewest parentheses that it needs, now and then more, in one of its spellings. */
function write(tree: Tree, random: Random, binding = 0): string {
  const blank = () => random.pick([' ', '  ', '\n', '\t ']);
  const gap = () => (random.chance(0.5) ? '' : blank());
  const join = (pair: [Tree, Tree], words: string[], sign: string, own: number) => {
    const [left, right] = [write(pair[0], random, own), write(pair[1], random, own)];
    return random.chance(0.5)
      ? `${left}${blank()}${random.pick(words)}${blank()}${right}`
      : `${left}${gap()}${sign}${gap()}${right}`;
  };
  let [text, own] = ['', 3];
  if ('tag' in tree || 'prefix' in tree) {
    const name = 'tag' in tree ? tree.tag : tree.prefix;
    const star = 'tag' in tree ? '' : '*';
    const isWord = ['and', 'or', 'not'].includes(name) && star === '';
    text = isWord || random.chance(0.2) ? `"${name}"${star}` : `${name}${star}`;
  } else if ('not' in tree) {
    const inner = write(tree.not, random, 2);
    text = random.chance(0.5)
      ? `${random.pick(['not', 'NOT'])}${blank()}${inner}`
      : `!${gap()}${inner}`;
    own = 2;
  } else if ('and' in tree) {
    text = join(tree.and, ['and', 'AND', 'And'], '&', 1);
    own = 1;
  } else {
    text = join(tree.or, ['or', 'OR'], '|', 0);
    own = 0;
  }
  return own < binding || random.chance(0.1) ? `(${gap()}${text}${gap()})` : text;
}

test('300 random expressions find what an independent evaluator finds', async (t) => {
  const random = makeRandom(20260);
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    const cases = new Map<string, string[]>([['all', tags]]);
    for (let index = 0; index < 40; index++) cases.set(`k${index}`, random.some(tags, 0.3));
    await appendTagged(
      client,
      suite_id,
      Object.fromEntries([...cases].map(([key, has]) => [key, has.join(' ')])),
    );
    for (let round = 0; round < 300; round++) {
      const tree = makeTree(random, 4);
      const where_tags = write(tree, random);
      const expected = [...cases].filter(([, has]) => matches(tree, has)).map(([key]) => key);
      const found = await call<{ external_key: string }>(client, 'find_cases', {
        suite_id,
        where_tags,
        row_limit: null,
      });
      t.deepEqual(
        found.map((row) => row.external_key),
        expected,
        where_tags,
      );
    }
  });
});

test('300 random texts are read or refused, and nothing else', async (t) => {
  const random = makeRandom(7);
  const pieces = [
    ...tags,
    'and',
    'or',
    'not',
    '(',
    ')',
    '&',
    '|',
    '!',
    '*',
    '"',
    ' ',
    '\n',
    'ä',
    ',',
    "'",
    '\\',
    '%',
    '$1',
    '--',
    'rag',
  ];
  await rolledBack(database.pool, async (client) => {
    const suite_id = await makeSuite(client);
    await appendTagged(client, suite_id, { all: tags.join(' ') });
    const outcomes: Record<string, number> = {};
    for (let round = 0; round < 300; round++) {
      const length = 1 + random.below(8);
      const where_tags = Array.from({ length }, () => random.pick(pieces)).join(
        random.pick(['', ' ']),
      );
      await client.query('savepoint one');
      const outcome = await call(client, 'find_cases', { suite_id, where_tags }).then(
        () => 'read',
        (error) => error.code,
      );
      await client.query('rollback to savepoint one');
      t.true(['read', 'TCEXP', 'TCNTG'].includes(outcome), `${outcome}: ${where_tags}`);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    t.log(outcomes);
    t.true((outcomes.read ?? 0) > 0);
  });
});
