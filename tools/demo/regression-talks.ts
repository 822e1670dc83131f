import { type DemoCase, makeKey } from './cases.ts';
import { DEVICE_PROPERTIES } from './devices.ts';
import { readTable } from './material.ts';
import { makeOrigin } from './people.ts';
import { PLAN_PROPERTIES } from './plans.ts';
import type { Property } from './property.ts';
import { makeRandom, type Random } from './random.ts';

const NEXT_PLAN = [
  'And on {x}?',
  'what about {x}',
  'OK. And if we upgraded to {x}?',
  'Would {x} be different?',
  'hm, and {x}?',
  'Same question for {x}.',
  'My colleague says we are on {x}. Then what?',
  'and {x}, out of curiosity',
  'We might switch to {x} in autumn. The same there?',
  'Is {x} any better in that respect?',
  'Sorry, I meant {x}.',
  'Fine. How is it with {x}?',
];
const NEXT_DEVICE = [
  'And the {x}?',
  'what about the {x}',
  'Is the {x} better?',
  'Sorry, I meant the {x}.',
  'Would the {x} do the job then?',
  'And for the {x}, please?',
  'hm. the {x} then?',
  'Same for the {x}?',
  'What if I take the {x} instead?',
  'ok and {x}',
];
const STILL_THERE = [
  'I did that, the code is still there.',
  "Didn't help.",
  'done, no change',
  'Tried it twice. And now?',
  'It went away for an hour and came back.',
  'And if that is not enough?',
  'same as before :(',
  'My electrician did that already yesterday.',
  'ok did it. still the same message',
];

/** Conversations whose last turn only makes sense with what was said before. */
export function makeTalks(taken: Set<string>): DemoCase[] {
  return [...comparePlans(taken), ...compareDevices(taken), ...insistOnCodes(taken)];
}

function comparePlans(taken: Set<string>): DemoCase[] {
  return PLAN_PROPERTIES.flatMap((property) => compare(property, NEXT_PLAN, 5, taken));
}

function compareDevices(taken: Set<string>): DemoCase[] {
  return DEVICE_PROPERTIES.flatMap((property) => compare(property, NEXT_DEVICE, 4, taken));
}

function compare(
  property: Property,
  followUps: string[],
  count: number,
  taken: Set<string>,
): DemoCase[] {
  const names = Object.keys(property.answers);
  const pairs = names.flatMap((first) =>
    names.filter((second) => second !== first).map((second) => ({ first, second })),
  );
  const random = makeRandom(`talk ${property.document} ${property.slug}`);
  return random.sample(pairs, count).map(({ first, second }) => {
    const question = random.pick(property.questions).replaceAll('{x}', first);
    const followUp = random.pick(followUps).replaceAll('{x}', second);
    return makeTalk(random, taken, {
      topic: `${property.document.split('-')[0]}-${property.slug}`,
      turns: [question, property.answers[first] ?? '', followUp],
      answer: property.answers[second] ?? '',
      documents: [`${property.document}#${property.slug}`],
      tags: [...property.tags, 'table_lookup'],
    });
  });
}

function insistOnCodes(taken: Set<string>): DemoCase[] {
  return readTable('support-error-codes').map(([code = '', device = '', meaning, fix, then]) => {
    const random = makeRandom(`insist ${code}`);
    const first = random.pick([
      `What does ${code} mean?`,
      `The ${device} says ${code}.`,
      `${code} again!`,
      `Good evening, ${code} is blinking at me. What do I do?`,
      `${code}??`,
    ]);
    return makeTalk(random, taken, {
      topic: `${code.toLowerCase()}-insists`,
      turns: [first, `${code} means: ${meaning}. Please ${fix}.`, random.pick(STILL_THERE)],
      answer: `Then ${then}.`,
      documents: [`error-codes#${code.toLowerCase()}`],
      tags: ['error_codes'],
    });
  });
}

function makeTalk(
  random: Random,
  taken: Set<string>,
  talk: { topic: string; turns: string[]; answer: string; documents: string[]; tags: string[] },
): DemoCase {
  const roles = ['user', 'assistant'];
  return {
    external_key: makeKey(`talk-${talk.topic}`, `${talk.turns[0]} ${talk.turns[2]}`, taken),
    input: {
      messages: talk.turns.map((content, index) => ({ role: roles[index % 2], content })),
    },
    expected_output: talk.answer,
    metadata: {
      documents: talk.documents,
      language: 'en',
      channel: 'chat',
      ...makeOrigin(random),
    },
    tags: ['rag', 'multi_turn', ...talk.tags],
  };
}
