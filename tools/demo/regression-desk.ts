import { type DemoCase, makeKey } from './cases.ts';
import { readTable } from './material.ts';
import { fill, makeOrigin, makeSlots } from './people.ts';
import { makeRandom, type Random } from './random.ts';

/** What the support desk does beside looking things up: 480 cases in six kinds. */
export function makeDeskCases(taken: Set<string>): DemoCase[] {
  return [
    ...triage(taken),
    ...extract(taken, 138),
    ...rewrite(taken),
    ...summarise(taken),
    ...translate(taken),
    ...offTopic(taken),
  ];
}

function make(
  taken: Set<string>,
  random: Random,
  parts: {
    topic: string;
    name: string;
    input: unknown;
    expected: unknown;
    tags: string[];
    metadata?: Record<string, unknown>;
  },
): DemoCase {
  return {
    external_key: makeKey(parts.topic, parts.name, taken),
    input: parts.input,
    expected_output: parts.expected,
    metadata: { ...parts.metadata, ...makeOrigin(random) },
    tags: parts.tags,
  };
}

const TRIAGE_INSTRUCTIONS = [
  'Sort this message into a queue and give it a priority.',
  'Which queue, which priority? Answer as JSON with queue and priority.',
  'Triage the following ticket. Queues: billing, outage, device, account, security, orders, compliance, feature_request, alerts, spam. Priorities: low, normal, high, urgent.',
  'You route tickets. Return {"queue": …, "priority": …} and nothing else.',
];

function triage(taken: Set<string>): DemoCase[] {
  const tickets = readTable('desk-tickets');
  // A ticket that names somebody or something can come again from somebody else.
  const again = tickets.filter(([, , text]) => /\{(?!count)\w+\}/.test(text ?? ''));
  return [...tickets, ...again].map(([queue = '', priority, text = ''], index) => {
    const random = makeRandom(`triage ${text} ${index < tickets.length ? 'first' : 'second'}`);
    const message = fill(text, makeSlots(random));
    return make(taken, random, {
      topic: `triage-${queue.replace('_', '-')}`,
      name: message,
      input: `${random.pick(TRIAGE_INSTRUCTIONS)}\n\n${message}`,
      expected: { queue, priority },
      tags: ['triage', ...(TRIAGE_TAGS[queue] ?? [])],
      metadata: { channel: random.pick(['e-mail', 'web form', 'chat']) },
    });
  });
}

const TRIAGE_TAGS: Record<string, string[]> = {
  billing: ['billing'],
  outage: ['connectivity'],
  device: ['devices'],
  account: ['account'],
  security: ['security'],
  orders: ['orders'],
  compliance: ['compliance'],
  alerts: ['alerts'],
};

const EXTRACT_INSTRUCTIONS = [
  'Extract {fields} from this mail as JSON. A value that is not there is null.',
  'Return a JSON object with {fields}. Dates as YYYY-MM-DD, amounts and counts as numbers, null for what is missing.',
  'From the mail below take {fields}. JSON only; null if absent.',
];

function extract(taken: Set<string>, wanted: number): DemoCase[] {
  const mails = readTable('desk-emails');
  return Array.from({ length: wanted }, (_, index) => {
    const [fields = '', text = ''] = mails[index % mails.length] ?? [];
    const random = makeRandom(`extract ${text} ${Math.floor(index / mails.length)}`);
    const slots = makeSlots(random);
    const mail = fill(text, slots);
    const present = (field: string) => text.includes(`{${field}}`);
    const names = fields.split(', ');
    const absent = names.filter((name) => !present(name)).length > 0;
    return make(taken, random, {
      topic: `extract-${names[0]}`,
      name: mail,
      input: `${random.pick(EXTRACT_INSTRUCTIONS).replace('{fields}', fields)}\n\n${mail}`,
      expected: Object.fromEntries(
        names.map((name) => [name, present(name) ? slots[name]?.value : null]),
      ),
      tags: ['extraction', 'structured_output', ...(absent ? ['null_field'] : [])],
      metadata: { fields: names },
    });
  });
}

const STYLES = [
  { instruction: 'Rewrite this reply so that it is friendly and at most 60 words.', words: 60 },
  { instruction: 'Make this answer polite. Keep every fact. Up to 50 words.', words: 50 },
  {
    instruction:
      'Rewrite for a customer who is upset, without promising anything new. Max. 70 words.',
    words: 70,
  },
  { instruction: 'Plain language, short sentences, no blame, 45 words at most.', words: 45 },
  {
    instruction:
      'Turn this note into a formal mail of no more than 80 words, signed "Larkmoor Support".',
    words: 80,
  },
];

function rewrite(taken: Set<string>): DemoCase[] {
  return readTable('desk-replies').flatMap(([draft = '', facts = '']) => {
    const random = makeRandom(`rewrite ${draft}`);
    return random.sample(STYLES, 2).map(({ instruction, words }) =>
      make(taken, random, {
        topic: `rewrite-in-${words}-words`,
        name: draft,
        input: `${instruction}\n\n${draft}`,
        expected: { must_keep: facts.split('; '), max_words: words, tone: 'friendly, no blame' },
        tags: ['rewrite', 'tone', 'rubric'],
      }),
    );
  });
}

function summarise(taken: Set<string>): DemoCase[] {
  return readTable('desk-threads').flatMap(([thread = '', summary = '', next]) => {
    const random = makeRandom(`summary ${thread}`);
    const text = thread.split(' // ').join('\n');
    const sentence = make(taken, random, {
      topic: 'summary',
      name: summary,
      input: `Summarise this conversation for the next colleague in at most two sentences.\n\n${text}`,
      expected: summary,
      tags: ['summary'],
    });
    const handover = make(taken, random, {
      topic: 'handover',
      name: summary,
      input: `For the handover, as JSON: about (one line), next (who has to act: "customer", "agent" or "nobody").\n\n${text}`,
      expected: { about: summary.split(/[;:.]/)[0], next },
      tags: ['summary', 'structured_output'],
    });
    return [sentence, handover];
  });
}

function translate(taken: Set<string>): DemoCase[] {
  const languages = [
    { code: 'de', name: 'German' },
    { code: 'fr', name: 'French' },
    { code: 'es', name: 'Spanish' },
  ];
  return readTable('desk-translations').flatMap(([english = '', ...translations]) =>
    languages.map(({ code, name }, index) => {
      const random = makeRandom(`translate ${code} ${english}`);
      const reverse = random.chance(0.3);
      const foreign = translations[index] ?? '';
      const instruction = reverse
        ? random.pick([
            'Translate into English:',
            'What does our customer get to read here? In English, please.',
          ])
        : random.pick([
            `Translate into ${name}, formal address:`,
            `Say this to a customer in ${name} (formal):`,
            `${name}, please. Keep it formal and short:`,
          ]);
      return make(taken, random, {
        topic: reverse ? `translate-from-${code}` : `translate-to-${code}`,
        name: english,
        input: `${instruction}\n${reverse ? foreign : english}`,
        expected: reverse ? english : foreign,
        tags: ['translation', 'multilingual'],
        metadata: { language: code },
      });
    }),
  );
}

function offTopic(taken: Set<string>): DemoCase[] {
  return readTable('desk-off-topic').map(([message = '', behaviour = '']) => {
    const random = makeRandom(`off topic ${message}`);
    return make(taken, random, {
      topic: 'off-topic',
      name: message,
      input: message,
      expected: { behaviour },
      tags: ['out_of_scope', 'rubric'],
      metadata: { channel: 'chat' },
    });
  });
}
