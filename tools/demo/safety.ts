import { type DemoCase, type DemoSuite, makeKey } from './cases.ts';
import { readTable } from './material.ts';
import { makeOrigin } from './people.ts';
import { makeRandom, type Random } from './random.ts';

const WANTED = 180;

const CATEGORIES: Record<string, string> = {
  over_refusal: 'Harmless, but sounds dangerous: refusing is the failure.',
  self_harm: 'Somebody may hurt themselves.',
  weapons: 'Weapons, explosives, poisons.',
  violence: 'Threats, stalking, abuse.',
  drugs: 'Illegal drugs and misuse of medicines.',
  cyber: 'Attacks on computers, and defence.',
  fraud: 'Forgery, scams, false reviews.',
  privacy: 'Other people’s data.',
  medical: 'Health questions that need care.',
  legal: 'Law questions that need care.',
  hate: 'Contempt for groups of people.',
  misinformation: 'False news, or how to recognise it.',
  minors: 'Children and teenagers.',
  copyright: 'Protected works.',
  bias: 'Different treatment of people.',
  prompt_injection: 'Instructions hidden in the material.',
  system_prompt: 'Tries to get at the instructions of the assistant.',
};

/** The suite of safety; its `flaky` is not the one of the regression suite. */
export const SAFETY: DemoSuite = {
  slug: 'safety',
  name: 'Safety and refusals',
  description:
    'What a general assistant refuses, what it must not refuse, and how it talks to people in trouble. No prompt or answer holds instructions that could do harm.',
  tag_policy: 'open',
  tags: [
    {
      name: 'flaky',
      meaning:
        'Flagged by a person: the labellers disagreed about the expected behaviour, and the case waits to be labelled again. It says nothing about the model. (In the suite regression the same word means something else.)',
      colour: '#d97706',
    },
    {
      name: 'refuse',
      meaning: 'The right behaviour is to decline.',
      colour: '#dc2626',
      exclusive_group: 'behaviour',
    },
    {
      name: 'refuse_with_support',
      meaning: 'Decline the request and care for the person.',
      colour: '#be123c',
      exclusive_group: 'behaviour',
    },
    {
      name: 'support',
      meaning: 'Care for the person; there is nothing to decline.',
      colour: '#0d9488',
      exclusive_group: 'behaviour',
    },
    {
      name: 'answer',
      meaning: 'The right behaviour is to help.',
      colour: '#16a34a',
      exclusive_group: 'behaviour',
    },
    {
      name: 'answer_with_care',
      meaning: 'Help, with the limits of a layperson and a pointer to help.',
      colour: '#65a30d',
      exclusive_group: 'behaviour',
    },
    {
      name: 'ignore_injection',
      meaning: 'Do the task and not what the material orders.',
      colour: '#7c3aed',
      exclusive_group: 'behaviour',
    },
    {
      name: 'jailbreak',
      meaning: 'The request comes in a wrapping that is meant to get round the rules.',
      colour: '#dc2626',
    },
    {
      name: 'multilingual',
      meaning: 'Not in English; the answer has to be in the same language.',
      colour: '#0d9488',
    },
    { name: 'release_blocker', meaning: 'A failure stops the release.', colour: '#b91c1c' },
    {
      name: 'red_team',
      meaning: 'Found by the red team in a session of spring 2026.',
      colour: '#7c3aed',
    },
    ...Object.entries(CATEGORIES).map(([name, meaning]) => ({ name, meaning, colour: '#64748b' })),
  ],
};

/** All cases of the suite. */
export function makeSafety(): DemoCase[] {
  const taken = new Set<string>();
  const prompts = readTable('safety-prompts');
  const plain = prompts.map((row) => makePlain(row, taken));
  const foreign = readTable('safety-languages').map(([category, behaviour, language, ...rest]) =>
    makePlain([category ?? '', behaviour ?? '', ...rest], taken, language),
  );
  const missing = WANTED - plain.length - foreign.length;
  const framed = makeRandom('frames').sample(
    prompts.filter(([category = '']) => !UNFRAMED.includes(category)),
    missing,
  );
  const frames = readTable('safety-frames');
  return [
    ...plain,
    ...foreign,
    ...framed.map((row, index) => makeFramed(row, frames[index % frames.length] ?? [], taken)),
  ];
}

function makePlain(
  [category = '', behaviour = '', prompt = '', rule = '']: string[],
  taken: Set<string>,
  language = 'en',
): DemoCase {
  const random = makeRandom(`safety ${prompt}`);
  const key = makeKey(category.replaceAll('_', '-'), prompt, taken);
  const tags = [behaviour, category, ...(language === 'en' ? [] : ['multilingual'])];
  return finish(random, { key, prompt, behaviour, rule, tags, metadata: { language } });
}

function makeFramed(
  [category = '', behaviour = '', prompt = '', rule = '']: string[],
  [name = '', frame = '']: string[],
  taken: Set<string>,
): DemoCase {
  const random = makeRandom(`safety ${name} ${prompt}`);
  const key = makeKey(`${category.replaceAll('_', '-')}-${name}`, prompt, taken);
  return finish(random, {
    key,
    prompt: frame.replace('{prompt}', prompt),
    behaviour,
    rule,
    tags: [
      behaviour,
      category,
      ...(behaviour !== 'refuse' || HARMLESS.includes(name) ? [] : ['jailbreak']),
    ],
    metadata: { language: 'en', frame: name },
  });
}

// People in trouble are not played with.
const UNFRAMED = ['self_harm', 'minors'];
const HARMLESS = ['polite', 'urgent', 'teacher', 'short', 'table'];
const BLOCKERS = ['self_harm', 'minors', 'weapons'];
const LABELLERS = ['ines', 'marek', 'oyelaran', 'sunniva', 'takeshi'];

function finish(
  random: Random,
  parts: {
    key: string;
    prompt: string;
    behaviour: string;
    rule: string;
    tags: string[];
    metadata: Record<string, unknown>;
  },
): DemoCase {
  const { author: _, ...origin } = makeOrigin(random);
  const blocker = BLOCKERS.some((category) => parts.tags.includes(category));
  const flaky = !blocker && random.chance(0.13);
  const red = parts.tags.includes('jailbreak') && random.chance(0.5);
  const labels = random.sample(LABELLERS, 3).map((labeller, index) => ({
    labeller,
    behaviour: flaky && index === 2 ? otherThan(parts.behaviour) : parts.behaviour,
  }));
  return {
    external_key: parts.key,
    input: parts.prompt,
    expected_output: { behaviour: parts.behaviour, rule: parts.rule },
    metadata: { ...parts.metadata, labels, ...origin },
    tags: [
      ...parts.tags,
      ...(blocker && random.chance(0.6) ? ['release_blocker'] : []),
      ...(flaky ? ['flaky'] : []),
      ...(red ? ['red_team'] : []),
    ],
    ...(random.chance(0.03) && { status: 'archived' as const }),
  };
}

function otherThan(behaviour: string): string {
  if (behaviour === 'refuse') return 'answer_with_care';
  if (behaviour === 'answer') return 'answer_with_care';
  return behaviour === 'support' ? 'refuse_with_support' : 'refuse';
}
