import type { Property } from './property.ts';

const DEVICE = { document: 'data-sheets' };
const devices = (values: Record<string, string>) => values;

/** What the devices can do; not every property applies to every device. */
export const DEVICE_PROPERTIES: Property[] = [
  {
    ...DEVICE,
    slug: 'range',
    tags: ['devices'],
    questions: [
      'What temperatures can the {x} measure?',
      'Measuring range of the {x}?',
      'How cold may it get for the {x}?',
      '{x} min max temperature',
    ],
    answers: devices({
      Pebble: 'The Pebble measures from −30 to +60 °C.',
      'Pebble Deep': 'The Pebble Deep measures from −90 to +50 °C.',
      Stave: 'The Stave measures from −200 to +150 °C.',
      Drift: 'The Drift measures from −40 to +70 °C.',
    }),
  },
  {
    ...DEVICE,
    slug: 'accuracy',
    tags: ['devices', 'calibration'],
    questions: [
      'How accurate is the {x}?',
      'Tolerance of a {x}?',
      '{x} accuracy plus minus',
      'By how many degrees can a {x} be off?',
    ],
    answers: devices({
      Pebble: 'The Pebble is accurate to ±0.4 °C.',
      'Pebble Deep': 'The Pebble Deep is accurate to ±0.5 °C.',
      Stave: 'The Stave is accurate to ±0.15 °C.',
      Drift: 'The Drift is accurate to ±0.3 °C.',
    }),
  },
  {
    ...DEVICE,
    slug: 'battery-life',
    tags: ['devices', 'battery'],
    questions: [
      'How long does the battery of a {x} last?',
      'Battery life {x}?',
      'When will I have to change the battery of the {x}?',
      'What runs the {x}, and for how long?',
    ],
    answers: devices({
      Pebble: 'A Pebble runs about 2 years on a CR2477.',
      'Pebble Deep': 'A Pebble Deep runs about 18 months on an ER14505.',
      Stave: 'A Stave has no battery, it is fed by the hub.',
      Drift: 'A Drift runs 30 days on one charge.',
      'Door Tab': 'A Door Tab runs about 14 months on a CR2032.',
    }),
  },
  {
    ...DEVICE,
    slug: 'interval',
    tags: ['devices', 'data'],
    questions: [
      'How often does the {x} take a reading?',
      'Logging interval of the {x}?',
      '{x} every how many minutes',
      'How many minutes lie between two readings of a {x}?',
    ],
    answers: devices({
      Pebble: 'A Pebble takes a reading every 5 minutes.',
      'Pebble Deep': 'A Pebble Deep takes a reading every 5 minutes.',
      Stave: 'A Stave takes a reading every minute.',
      Drift: 'A Drift takes a reading every 10 minutes.',
      'Door Tab': 'A Door Tab has no interval, it reports each opening.',
    }),
  },
  {
    ...DEVICE,
    slug: 'memory',
    tags: ['devices', 'data'],
    questions: [
      'How many readings can a {x} hold without a connection?',
      'Memory of the {x}?',
      '{x} offline storage',
      'Does the {x} store readings itself?',
    ],
    answers: devices({
      Pebble: 'A Pebble holds 4,000 readings, about 14 days.',
      'Pebble Deep': 'A Pebble Deep holds 16,000 readings, about 55 days.',
      Stave: 'A Stave holds no readings, the hub does.',
      Drift: 'A Drift holds 60,000 readings, more than a year.',
    }),
  },
  {
    ...DEVICE,
    slug: 'protection',
    tags: ['devices'],
    questions: [
      'Is the {x} waterproof?',
      'IP rating of the {x}?',
      '{x} ip class',
      'Will the {x} survive being hosed down?',
    ],
    answers: devices({
      Pebble: 'The Pebble is rated IP54: splashes only.',
      'Pebble Deep': 'The Pebble Deep is rated IP65: jets of water.',
      Stave: 'The Stave is rated IP67: short immersion.',
      Drift: 'The Drift is rated IP67: short immersion.',
      'Door Tab': 'The Door Tab is rated IP42: keep it dry.',
    }),
  },
  {
    ...DEVICE,
    slug: 'price',
    tags: ['devices', 'orders', 'billing'],
    questions: [
      'What does a {x} cost?',
      'Price of one {x}?',
      '{x} price eur',
      'How much do I pay for a single {x}?',
    ],
    answers: devices({
      Pebble: 'A Pebble costs €39.',
      'Pebble Deep': 'A Pebble Deep costs €89.',
      Stave: 'A Stave costs €120.',
      Drift: 'A Drift costs €149.',
      'Door Tab': 'A Door Tab costs €19.',
      'Hub 2': 'A Hub 2 costs €179.',
      'Hub Cell': 'A Hub Cell costs €329.',
    }),
  },
  {
    ...DEVICE,
    slug: 'capacity',
    tags: ['devices', 'connectivity'],
    questions: [
      'How many probes fit on one {x}?',
      'Max sensors per {x}?',
      '{x} capacity',
      'When do I need a second {x}?',
    ],
    answers: devices({
      'Hub 2': 'A Hub 2 serves up to 24 probes.',
      'Hub Cell': 'A Hub Cell serves up to 60 probes.',
    }),
  },
];
