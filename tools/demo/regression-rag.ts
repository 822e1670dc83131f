import type { DemoCase } from './cases.ts';
import { makeKey } from './cases.ts';
import { DEVICE_PROPERTIES } from './devices.ts';
import { type Fact, readFacts, readTable } from './material.ts';
import { makeOrigin } from './people.ts';
import { PLAN_PROPERTIES } from './plans.ts';
import type { Property } from './property.ts';
import { makeRandom } from './random.ts';
import { makeTalks } from './regression-talks.ts';
import { speak } from './voice.ts';

/** The number of cases that carry `rag`: what the team of the incident had re-tagged. */
export const RAG_CASES = 800;

/** One question to the documentation, before it gets its voice and its marks. */
type Question = {
  topic: string;
  text: string;
  language: string;
  answer: string;
  documents: string[];
  tags: string[];
};

/** All cases that ask the documentation of the invented product. */
export function makeRagCases(taken: Set<string>): DemoCase[] {
  const singles = [...askFacts(), ...askTables(), ...askErrorCodes(), ...askUndocumented()].map(
    (question) => makeSingle(question, taken),
  );
  const talks = makeTalks(taken);
  const wanted = RAG_CASES - singles.length;
  if (wanted < 0 || wanted > talks.length) {
    throw new Error(`${singles.length} questions and ${talks.length} talks do not make 800`);
  }
  return [...singles, ...makeRandom('talks').sample(talks, wanted)];
}

function makeSingle(question: Question, taken: Set<string>): DemoCase {
  const random = makeRandom(`rag ${question.topic} ${question.text}`);
  const english = question.language === 'en';
  const { text, typos } = english ? speak(question.text, random) : { ...question, typos: false };
  return {
    external_key: makeKey(question.topic, question.text, taken),
    input: text,
    expected_output: question.answer,
    metadata: {
      documents: question.documents,
      language: question.language,
      channel: random.pick(['chat', 'chat', 'in-app', 'e-mail']),
      ...makeOrigin(random),
    },
    tags: [
      'rag',
      ...question.tags,
      ...(english ? [] : ['multilingual']),
      ...(typos ? ['typos'] : []),
    ],
  };
}

function askFacts(): Question[] {
  const files = ['support-accounts', 'support-devices', 'support-alerts-and-api', 'support-orders'];
  return files.flatMap(readFacts).flatMap((fact: Fact) =>
    fact.questions.map(({ text, language }) => ({
      topic: fact.slug,
      text,
      language,
      answer: fact.answer,
      documents: [`${fact.document}#${fact.slug}`],
      tags: fact.tags,
    })),
  );
}

function askTables(): Question[] {
  return [...PLAN_PROPERTIES, ...DEVICE_PROPERTIES].flatMap((property: Property) =>
    Object.entries(property.answers).flatMap(([name, answer]) => {
      const random = makeRandom(`table ${property.document} ${property.slug} ${name}`);
      return random.sample(property.questions, random.chance(0.3) ? 2 : 1).map((text) => ({
        topic: `${name.toLowerCase().replaceAll(' ', '-')}-${property.slug}`,
        text: text.replaceAll('{x}', name),
        language: 'en',
        answer,
        documents: [`${property.document}#${property.slug}`],
        tags: [...property.tags, 'table_lookup'],
      }));
    }),
  );
}

const CODE_QUESTIONS = [
  'What does {code} mean?',
  '{code}',
  '{device} shows {code}, what now?',
  "I see {code} since this morning and don't know what to do.",
  'error {code} {device}',
  'Is {code} dangerous for my goods?',
  'Explain {code} please.',
  'How do I get rid of {code}?',
  '{code} on my {device}, do I need a new one?',
  'Got a red triangle and {code}.',
  'Your help page for {code} is empty. What is it?',
];

function askErrorCodes(): Question[] {
  return readTable('support-error-codes').flatMap(
    ([code = '', device = '', meaning, fix, then]) => {
      const random = makeRandom(`code ${code}`);
      const isDevice = device !== 'app' && device !== 'service';
      const fitting = CODE_QUESTIONS.filter((text) => isDevice || !text.includes('{device}'));
      return random.sample(fitting, random.pick([2, 3])).map((text) => ({
        topic: code.toLowerCase(),
        text: text.replaceAll('{code}', code).replaceAll('{device}', device),
        language: 'en',
        answer: `${code}: ${meaning}. First ${fix}. If that does not help: ${then}.`,
        documents: [`error-codes#${code.toLowerCase()}`],
        tags: ['error_codes', isDevice ? 'devices' : device === 'app' ? 'app' : 'api'],
      }));
    },
  );
}

function askUndocumented(): Question[] {
  return readTable('support-not-documented').map(([text = '', answer = '']) => ({
    topic: 'not-documented',
    text,
    language: 'en',
    answer,
    documents: [],
    tags: ['hallucination', 'unanswerable'],
  }));
}
