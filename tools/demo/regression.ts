import type { DemoCase, DemoSuite } from './cases.ts';
import { makeRandom, type Random } from './random.ts';
import { makeDeskCases } from './regression-desk.ts';
import { makeRagCases } from './regression-rag.ts';
import { makeRuleCases } from './regression-rules.ts';

const [BLUE, TEAL, GREEN, AMBER, RED, VIOLET, GREY, PINK] = [
  '#2563eb',
  '#0d9488',
  '#16a34a',
  '#d97706',
  '#dc2626',
  '#7c3aed',
  '#64748b',
  '#db2777',
];

/** The suite of the incident: 1,400 cases, 800 of them `rag`, most of those without a tier. */
export const REGRESSION: DemoSuite = {
  slug: 'regression',
  name: 'Support assistant: regression',
  description:
    'What the support assistant of Larkmoor, an invented maker of temperature monitors for cold rooms, must still do after every change: answers from the documentation, tickets, mails, rules.',
  tag_policy: 'open',
  tags: [
    {
      name: 'tier_a_gold',
      meaning: 'Checked by two people against the documentation; blocks a release when it fails.',
      colour: AMBER,
      exclusive_group: 'tier',
    },
    {
      name: 'tier_b_gold',
      meaning: 'Checked by one person; a failure is looked at within a week and blocks nothing.',
      colour: '#ca8a04',
      exclusive_group: 'tier',
    },
    {
      name: 'rag',
      meaning: 'The answer has to come from retrieved documents; metadata.documents says which.',
      colour: BLUE,
    },
    {
      name: 'flaky',
      meaning:
        'Passes and fails on the same model, because retrieval returns the documents in an order that varies. Nothing is wrong with the expected answer. (In the suite safety the same word means something else.)',
      colour: RED,
    },
    {
      name: 'needs_review',
      meaning: 'Somebody doubts the expected answer; metadata.review says why.',
      colour: PINK,
    },
    {
      name: 'latency',
      meaning: 'Also measured for time: an answer after more than 4 seconds counts as a failure.',
      colour: VIOLET,
    },
    { name: 'incident', meaning: 'Written after something went wrong in production.', colour: RED },
    { name: 'hallucination', meaning: 'Tempts the model to make something up.', colour: VIOLET },
    {
      name: 'unanswerable',
      meaning: 'The documentation has no answer, and the right reply says so.',
      colour: VIOLET,
    },
    {
      name: 'multi_turn',
      meaning: 'The input is a conversation; the last turn cannot be understood alone.',
      colour: TEAL,
    },
    {
      name: 'multilingual',
      meaning: 'Question or answer is not in English; metadata.language says which language.',
      colour: TEAL,
    },
    { name: 'typos', meaning: 'Misspelt on purpose.', colour: GREY },
    {
      name: 'table_lookup',
      meaning: 'The answer is one cell of a table of plans or devices.',
      colour: BLUE,
    },
    {
      name: 'error_codes',
      meaning: 'About a code that a device or the service shows.',
      colour: BLUE,
    },
    {
      name: 'structured_output',
      meaning: 'The answer is JSON and compared field by field.',
      colour: GREEN,
    },
    {
      name: 'rubric',
      meaning: 'Judged by a rubric, because many answers are right.',
      colour: GREEN,
    },
    {
      name: 'triage',
      meaning: 'Sort a message into a queue and give it a priority.',
      colour: GREEN,
    },
    { name: 'extraction', meaning: 'Take fields out of a mail.', colour: GREEN },
    {
      name: 'null_field',
      meaning: 'At least one field that is asked for is not in the text.',
      colour: GREEN,
    },
    { name: 'rewrite', meaning: 'Say the same in another tone or length.', colour: GREEN },
    { name: 'tone', meaning: 'Politeness is part of what is judged.', colour: GREY },
    { name: 'summary', meaning: 'Summarise a conversation.', colour: GREEN },
    { name: 'translation', meaning: 'Translate a sentence of the support desk.', colour: GREEN },
    {
      name: 'policy',
      meaning: 'Apply a rule of the company to a situation; the expected values are computed.',
      colour: GREEN,
    },
    { name: 'formatting', meaning: 'Bring a value into a prescribed form.', colour: GREEN },
    { name: 'out_of_scope', meaning: 'Not a matter for this assistant.', colour: GREY },
    ...topics(),
  ],
};

function topics(): DemoSuite['tags'] {
  const meanings = {
    billing: 'Invoices, payments, discounts.',
    refund: 'Money back.',
    plans: 'What Pantry, Kitchen, Depot and Fleet include.',
    account: 'Users, roles, sign-in.',
    sso: 'Single sign-on.',
    security: 'Attacks, access, certificates of the company.',
    privacy: 'Personal data and where it is.',
    compliance: 'Inspectors, auditors and their papers.',
    setup: 'Mounting, pairing, naming.',
    connectivity: 'Radio, Wi-Fi, mobile network, gaps in the data.',
    calibration: 'Accuracy and certificates of probes.',
    reports: 'Reports, exports, notes.',
    data: 'Readings: intervals, history, units, formats.',
    alerts: 'Limits, alarms, escalation.',
    devices: 'Probes and hubs.',
    battery: 'Batteries and charging.',
    firmware: 'Updates of devices.',
    transport: 'Goods on the road and in the air.',
    warranty: 'What is replaced, and for how long.',
    orders: 'Orders, parcels, quotes.',
    api: 'The HTTP interface and webhooks.',
    integrations: 'Slack, Teams, spreadsheets, building management.',
    app: 'The app for phones.',
  };
  return Object.entries(meanings).map(([name, meaning]) => ({ name, meaning, colour: GREY }));
}

/** All cases of the suite, in the order in which they were added. */
export function makeRegression(): DemoCase[] {
  const taken = new Set<string>();
  const cases = [...makeRagCases(taken), ...makeDeskCases(taken), ...makeRuleCases(taken)];
  return cases
    .map((each) => mark(each, makeRandom(`marks ${each.external_key}`)))
    .sort((a, b) =>
      compare(`${a.metadata.added} ${a.external_key}`, `${b.metadata.added} ${b.external_key}`),
    );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const REVIEW_REASONS = [
  'the help page changed after this was written',
  'two correct answers are possible',
  'the judge accepts answers without the number',
  'the customer meant something else, see the ticket',
  'too strict: wording is compared, not meaning',
  'price list of spring 2026 not considered',
];

/** Puts on what people add to a case over the months: tiers, doubts, flakiness. */
function mark(original: DemoCase, random: Random): DemoCase {
  const isRag = original.tags.includes('rag');
  const tags = [...original.tags];
  const metadata = { ...original.metadata };
  if (metadata.source === 'incident review') tags.push('incident');
  const roll = random.next();
  if (roll < (isRag ? 0.09 : 0.06)) tags.push('tier_a_gold');
  else if (roll < (isRag ? 0.16 : 0.15)) tags.push('tier_b_gold');
  if (random.chance(0.07)) {
    tags.push('needs_review');
    metadata.review = random.pick(REVIEW_REASONS);
  }
  if (isRag && !tags.includes('tier_a_gold') && random.chance(0.05)) {
    tags.push('flaky');
    metadata.passed_of_last_20 = random.int(8, 18);
  }
  if (random.chance(isRag ? 0.05 : 0.02)) tags.push('latency');
  const archived = !isRag && random.chance(0.04);
  return { ...original, metadata, tags, ...(archived && { status: 'archived' as const }) };
}
