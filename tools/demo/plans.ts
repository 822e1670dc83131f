import type { Property } from './property.ts';

const plans = (pantry: string, kitchen: string, depot: string, fleet: string) => ({
  Pantry: `Pantry ${pantry}`,
  Kitchen: `Kitchen ${kitchen}`,
  Depot: `Depot ${depot}`,
  Fleet: `Fleet ${fleet}`,
});

const PLAN = { document: 'plans-and-limits' };

/** What the four plans include. */
export const PLAN_PROPERTIES: Property[] = [
  {
    ...PLAN,
    slug: 'price',
    tags: ['billing', 'plans'],
    questions: [
      'How much is {x} a month?',
      'What does the {x} plan cost?',
      'monthly price {x}',
      'What would we pay on {x}?',
    ],
    answers: plans(
      'is free.',
      'costs €29 a month.',
      'costs €119 a month.',
      'starts at €490 a month, by contract.',
    ),
  },
  {
    ...PLAN,
    slug: 'probes',
    tags: ['plans', 'devices'],
    questions: [
      'How many probes can I connect on {x}?',
      'Probe limit of {x}?',
      'Is there a maximum of sensors on the {x} plan?',
      '{x} how many sensors',
    ],
    answers: plans(
      'allows 3 probes.',
      'allows 20 probes.',
      'allows 150 probes.',
      'has no limit on probes.',
    ),
  },
  {
    ...PLAN,
    slug: 'users',
    tags: ['plans', 'account'],
    questions: [
      'How many people can use {x}?',
      'How many users does {x} include?',
      'number of logins on {x}',
      'We have six shift leaders, how many users come with {x}?',
    ],
    answers: plans(
      'includes 1 user.',
      'includes 5 users.',
      'includes 25 users.',
      'has no limit on users.',
    ),
  },
  {
    ...PLAN,
    slug: 'sites',
    tags: ['plans'],
    questions: [
      'How many sites may I have on {x}?',
      'Can I run more than one location on {x}?',
      '{x} locations limit',
      'For how many branches is {x} made?',
    ],
    answers: plans(
      'covers 1 site.',
      'covers 2 sites.',
      'covers 15 sites.',
      'has no limit on sites.',
    ),
  },
  {
    ...PLAN,
    slug: 'history',
    tags: ['plans', 'data', 'compliance'],
    questions: [
      'How long are readings kept on {x}?',
      'How far back can I look with {x}?',
      'data retention {x}',
      'The inspector wants two years of records, how much does {x} keep?',
    ],
    answers: plans(
      'keeps readings for 30 days.',
      'keeps readings for 13 months.',
      'keeps readings for 3 years.',
      'keeps readings for 10 years.',
    ),
  },
  {
    ...PLAN,
    slug: 'sms',
    tags: ['plans', 'alerts'],
    questions: [
      'How many SMS are in {x}?',
      'Does {x} include text messages?',
      'sms allowance {x}',
      'What is the monthly number of SMS alarms on {x}?',
    ],
    answers: plans(
      'includes no SMS.',
      'includes 100 SMS a month.',
      'includes 1,000 SMS a month.',
      'includes 5,000 SMS a month.',
    ),
  },
  {
    ...PLAN,
    slug: 'api-limit',
    tags: ['plans', 'api'],
    questions: [
      'What is the API rate limit on {x}?',
      'How many API calls per minute does {x} allow?',
      'Can I use the API with {x}?',
      'requests per minute {x}',
    ],
    answers: plans(
      'has no API access.',
      'allows 60 API requests a minute.',
      'allows 300 API requests a minute.',
      'allows 1,200 API requests a minute.',
    ),
  },
  {
    ...PLAN,
    slug: 'webhooks',
    tags: ['plans', 'api', 'integrations'],
    questions: [
      'How many webhook endpoints can I register on {x}?',
      'Does {x} have webhooks?',
      'webhooks on {x}?',
      'Max number of webhooks for {x}?',
    ],
    answers: plans(
      'has no webhooks.',
      'allows 2 webhook endpoints.',
      'allows 10 webhook endpoints.',
      'allows 50 webhook endpoints.',
    ),
  },
  {
    ...PLAN,
    slug: 'support',
    tags: ['plans'],
    questions: [
      'How fast does support answer on {x}?',
      'What support do I get with {x}?',
      'support hours {x}',
      'If a hub dies on a Sunday, when do I hear from you on {x}?',
    ],
    answers: plans(
      'has community support only.',
      'gets an answer within 2 working days.',
      'gets an answer within 8 working hours.',
      'gets an answer within 1 hour, at any time of day.',
    ),
  },
  {
    ...PLAN,
    slug: 'sso',
    tags: ['plans', 'sso', 'account'],
    questions: [
      'Is single sign-on part of {x}?',
      'Can we use SAML on {x}?',
      'sso {x}',
      'Do we get SSO if we are on {x}?',
    ],
    answers: plans(
      'has no single sign-on.',
      'has no single sign-on.',
      'includes single sign-on.',
      'includes single sign-on.',
    ),
  },
  {
    ...PLAN,
    slug: 'export',
    tags: ['plans', 'reports'],
    questions: [
      'In which formats can I export on {x}?',
      'Does {x} export to Excel?',
      'export formats {x}',
      'What file types do reports have on {x}?',
    ],
    answers: plans(
      'exports CSV.',
      'exports CSV and PDF.',
      'exports CSV, PDF and XLSX.',
      'exports CSV, PDF with a seal, and XLSX.',
    ),
  },
];
