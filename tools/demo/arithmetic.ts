import { type DemoCase, type DemoSuite, makeKey } from './cases.ts';
import { readTable } from './material.ts';
import { makeOrigin } from './people.ts';
import { makeRandom, type Random } from './random.ts';

const ROUNDS = 5;

/** The suite of word problems; every answer follows from `metadata.expression`. */
export const ARITHMETIC: DemoSuite = {
  slug: 'arithmetic',
  name: 'Arithmetic word problems',
  description:
    'Short word problems with one number as the answer. metadata.expression says how it is worked out.',
  tag_policy: 'open',
  tags: [
    {
      name: 'easy',
      meaning: 'At most two steps.',
      colour: '#16a34a',
      exclusive_group: 'difficulty',
    },
    { name: 'medium', meaning: 'Three steps.', colour: '#d97706', exclusive_group: 'difficulty' },
    {
      name: 'hard',
      meaning: 'Four steps or more.',
      colour: '#dc2626',
      exclusive_group: 'difficulty',
    },
    {
      name: 'multi_step',
      meaning: 'The result of one step is needed for another kind of step.',
      colour: '#7c3aed',
    },
    { name: 'distractor', meaning: 'The text has a number that is not needed.', colour: '#db2777' },
    { name: 'negative', meaning: 'The answer can be below zero.', colour: '#2563eb' },
    { name: 'decimal_answer', meaning: 'The answer is not a whole number.', colour: '#2563eb' },
    { name: 'number_words', meaning: 'A number is written as a word.', colour: '#0d9488' },
    {
      name: 'canary',
      meaning: 'Watched daily: two failures in a row call somebody.',
      colour: '#b91c1c',
    },
    ...[
      'addition',
      'subtraction',
      'multiplication',
      'division',
      'fractions',
      'percent',
      'money',
      'time',
      'rates',
      'geometry',
      'unit_conversion',
      'algebra',
      'statistics',
    ].map((name) => ({ name, meaning: `Needs: ${name.replace('_', ' ')}.`, colour: '#64748b' })),
  ],
};

const NAMES = [
  'Aleksy',
  'Birgit',
  'Chidi',
  'Dalia',
  'Emre',
  'Frida',
  'Gustavo',
  'Hanne',
  'Ilse',
  'Jamal',
  'Keiko',
  'Luca',
  'Mirjam',
  'Nikos',
  'Orla',
  'Pavel',
  'Quirine',
  'Rosa',
  'Stelian',
  'Tove',
  'Uma',
  'Viktor',
  'Wanda',
  'Xenia',
  'Yannick',
  'Zeynep',
];
const PLACES = [
  'Ghent',
  'Odense',
  'Cádiz',
  'Trieste',
  'Tartu',
  'Galway',
  'Bremen',
  'Arles',
  'Gdynia',
];

/** All cases of the suite. */
export function makeArithmetic(): DemoCase[] {
  const taken = new Set<string>();
  const inputs = new Set<string>();
  return readTable('arithmetic-problems').flatMap((row) =>
    Array.from({ length: ROUNDS }, (_, round) => {
      for (let attempt = 0; attempt < 10_000; attempt += 1) {
        const made = tryProblem(row, makeRandom(`${row[0]} ${round} ${attempt}`), taken);
        if (made !== null && !inputs.has(String(made.input))) {
          inputs.add(String(made.input));
          return made;
        }
      }
      throw new Error(`no numbers fit: ${row[0]}`);
    }),
  );
}

/** Draws numbers; null when the answer that they give would be an ugly one. */
function tryProblem(
  [text = '', formula = '', unit = '', tagList = '']: string[],
  random: Random,
  taken: Set<string>,
): DemoCase | null {
  const numbers: Record<string, string> = {};
  const [name = '', name2 = ''] = random.sample(NAMES, 2);
  const place = random.pick(PLACES);
  const input = text
    .replace(/\{([a-z]):([\d.]+)-([\d.]+)(?::([\d.]+))?\}/g, (_slot, letter, low, high, step) => {
      numbers[letter] = draw(random, Number(low), Number(high), step ?? '1');
      return numbers[letter];
    })
    .replaceAll('{name}', name)
    .replaceAll('{name2}', name2)
    .replaceAll('{place}', place);
  const expression = formula.replace(/[a-z]/g, (letter) => numbers[letter] ?? letter);
  const hundredths = evaluate(expression) * 100;
  const answer = Math.round(hundredths) / 100;
  const exact = Math.abs(hundredths - Math.round(hundredths)) < 1e-6;
  const tags = tagList.split(', ');
  const decimalsFit = ['€', 'm', 'l', 'km'].includes(unit) || Number.isInteger(answer);
  if (!exact || !decimalsFit || (answer <= 0 && !tags.includes('negative'))) return null;
  return {
    external_key: makeKey(tags[0] ?? 'problem', input, taken),
    input,
    expected_output: { answer, unit: unit === '-' ? null : unit },
    metadata: { expression, ...makeOrigin(random) },
    tags: [
      ...describe(formula, input, answer),
      ...tags,
      ...(random.chance(0.06) ? ['canary'] : []),
    ],
    ...(random.chance(0.02) && { status: 'archived' as const }),
  };
}

function describe(formula: string, input: string, answer: number): string[] {
  const steps = (formula.match(/[-+*/]/g) ?? []).length;
  return [
    steps <= 2 ? 'easy' : steps === 3 ? 'medium' : 'hard',
    ...(Number.isInteger(answer) ? [] : ['decimal_answer']),
    ...(/\b(three|half|thirds?|quarter|twice|fifty)\b/i.test(input) ? ['number_words'] : []),
  ];
}

function draw(random: Random, low: number, high: number, step: string): string {
  const decimals = step.split('.')[1]?.length ?? 0;
  const count = Math.round((high - low) / Number(step));
  return (low + random.int(0, count) * Number(step)).toFixed(decimals);
}

// The formulas are this program's own: digits, + - * / and parentheses.
function evaluate(expression: string): number {
  if (!/^[\d+\-*/(). ]+$/.test(expression)) throw new Error(`not a formula: ${expression}`);
  return Number(new Function(`return ${expression}`)());
}
