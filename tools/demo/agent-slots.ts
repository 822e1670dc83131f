import { monthName, NAMES } from './people.ts';
import type { Random } from './random.ts';

/** A value for a slot: how the user says it, and what the call has to carry. */
export type Slot = { shown: string; value: unknown };

const DAY = 24 * 60 * 60 * 1000;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const pad = (value: number) => String(value).padStart(2, '0');

/** A day as YYYY-MM-DD. */
export const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** A morning on a working day of spring 2026. */
export function pickToday(random: Random): number {
  const day = Date.UTC(2026, random.int(1, 5), random.int(1, 28));
  const weekday = new Date(day).getUTCDay();
  return weekday === 0 ? day + DAY : weekday === 6 ? day + 2 * DAY : day;
}

/** The day with its name, as it stands in the system message. */
export function nameDay(time: number): string {
  const date = new Date(time);
  const weekday = WEEKDAYS[date.getUTCDay()];
  return `${weekday}, ${date.getUTCDate()} ${monthName(date.getUTCMonth() + 1)} ${date.getUTCFullYear()}`;
}

/** A working day of the next two weeks, said relative to today. */
function pickDay(random: Random, today: number): Slot {
  const weekday = new Date(today).getUTCDay();
  const roll = random.int(1, 4);
  if (roll === 1 && weekday < 5) return { shown: 'tomorrow', value: isoDay(today + DAY) };
  if (roll === 2) {
    const wanted = random.int(1, 5);
    const days = 7 - weekday + wanted;
    return { shown: `${WEEKDAYS[wanted]} next week`, value: isoDay(today + days * DAY) };
  }
  const date = new Date(today + random.int(3, 11) * DAY);
  const name = monthName(date.getUTCMonth() + 1);
  return {
    shown: random.pick([`${date.getUTCDate()} ${name}`, `${name} ${date.getUTCDate()}`]),
    value: isoDay(date.getTime()),
  };
}

function pickPastDay(random: Random, today: number): Slot {
  const weekday = new Date(today).getUTCDay();
  if (random.chance(0.3))
    return { shown: 'last Monday', value: isoDay(today - (weekday + 6) * DAY) };
  const date = new Date(today - random.int(2, 40) * DAY);
  return {
    shown: `${date.getUTCDate()} ${monthName(date.getUTCMonth() + 1)}`,
    value: isoDay(date.getTime()),
  };
}

function pickWhen(random: Random, today: number): Slot {
  const day = pickDay(random, today);
  const hour = random.int(9, 16);
  const clock = random.pick([
    { shown: `at ${pad(hour)}:15`, value: `${pad(hour)}:15` },
    {
      shown: `at ${hour > 12 ? hour - 12 : hour} ${hour < 12 ? 'am' : 'pm'}`,
      value: `${pad(hour)}:00`,
    },
    { shown: `at ${pad(hour)}:30`, value: `${pad(hour)}:30` },
    { shown: 'at noon', value: '12:00' },
  ]);
  return { shown: `${day.shown} ${clock.shown}`, value: `${day.value}T${clock.value}` };
}

const same = (value: string): Slot => ({ shown: value, value });
const number = (value: number): Slot => ({ shown: String(value), value });
const meaning = ([shown, value]: [string, unknown]): Slot => ({ shown, value });

const TOPICS = [
  'the budget for the trade fair',
  'the new label printer',
  'onboarding',
  'the Venlo contract',
  'battery suppliers',
  'the pentest findings',
  'price list 2027',
  'the packaging test',
  'holiday cover',
  'the ISO audit',
  'the freezer recall',
  'firmware 4.9',
  'the apprentices',
  'our booth in Parma',
];
const NEWS = [
  'the delivery comes on Thursday and not on Tuesday',
  'I am working from home today',
  'the lab has finished the samples',
  'we accept the offer without the service contract',
  'the meeting room is flooded and we use the canteen',
  'the invoice has been paid',
  'I need the signed form before Friday',
  'the demo account is ready',
  'parking is closed this week',
  'the probe in row four is fine again',
  'nobody has to come in on Saturday',
];
const BUGS = [
  'Export button does nothing in Firefox',
  'Graph is empty after midnight UTC',
  'Login loop with Okta',
  'PDF cuts off the last column',
  'Alarm sound plays twice on Android',
  'Search ignores umlauts',
  'Decimal comma is read as thousands',
  'Site filter forgets its state',
  'Two hubs with one name crash the list',
];
const WISHES = [
  'Mute all probes of a room at once',
  'Dark mode that can be chosen',
  'Sort reports by room',
  'Import limits from a spreadsheet',
  'Show battery in the widget',
  'Copy an alarm schedule to another site',
];
const PHRASES = [
  'The lift is out of order until Friday.',
  'Could you sign here, please?',
  'We do not ship on public holidays.',
  'Your guests are waiting at the gate.',
  'The price includes installation.',
  'Please keep the door closed.',
];

const PLACES = [
  'Ghent',
  'Jena',
  'Bergen',
  'Aarhus',
  'Lyon',
  'Venlo',
  'Tartu',
  'Porto',
  'Leiden',
  'Parma',
  'Vienna',
];
const ROOMS = ['Room Oslo', 'Room Faro', 'the canteen', 'Lab 2', 'the library', 'Room Tallinn'];
const SUBJECTS = ['Thursday', 'Quick update', 'Change of plan', 'Please read', 'Row four'];
const COMPANIES = [
  'Nordkai Logistics',
  'Ferreira & Filhos',
  'Holzer GmbH',
  'Polder Foods',
  'Atelier Roux',
  'Baltic Catch',
];
const PARTS = ['LM-4410', 'LM-2206', 'LM-3102', 'CR2477 cells', 'Pebble', 'Hub 2', 'wall plate'];

// What is said, and what it means.
const LENGTHS: [string, number][] = [
  ['half an hour', 30],
  ['an hour', 60],
  ['45 minutes', 45],
  ['two hours', 120],
  ['a quarter of an hour', 15],
  ['90 minutes', 90],
];
const HOURS: [string, number][] = [
  ['3 hours', 3],
  ['an hour and a half', 1.5],
  ['7.5 h', 7.5],
  ['two hours', 2],
  ['half a day (4 h)', 4],
  ['45 minutes', 0.75],
];
const CURRENCIES: [string, string][] = [
  ['US dollars', 'USD'],
  ['Danish crowns', 'DKK'],
  ['Swiss francs', 'CHF'],
  ['pounds', 'GBP'],
  ['zloty', 'PLN'],
  ['yen', 'JPY'],
];
const LANGUAGES: [string, string][] = [
  ['Danish', 'da'],
  ['Portuguese', 'pt'],
  ['Polish', 'pl'],
  ['Turkish', 'tr'],
  ['Italian', 'it'],
  ['Norwegian', 'nb'],
];

/** Values for all slots of a request. */
export function makeAgentSlots(random: Random, today: number): Record<string, Slot> {
  return { ...timeSlots(random, today), ...nameSlots(random), ...workSlots(random) };
}

function timeSlots(random: Random, today: number): Record<string, Slot> {
  const day = pickDay(random, today);
  return {
    day,
    'day+2': same(isoDay(Date.parse(String(day.value)) + 2 * DAY)),
    day_past: pickPastDay(random, today),
    when: pickWhen(random, today),
    today: same(isoDay(today)),
    length: meaning(random.pick(LENGTHS)),
    hours: meaning(random.pick(HOURS)),
  };
}

function nameSlots(random: Random): Record<string, Slot> {
  const [person = '', person2 = ''] = random.sample(NAMES, 2);
  const [place = '', place2 = ''] = random.sample(PLACES, 2);
  return {
    person: same(person),
    person2: same(person2),
    place: same(place),
    place2: same(place2),
    room: same(random.pick(ROOMS)),
    company: same(random.pick(COMPANIES)),
    warehouse: same(random.pick(['Ghent', 'Jena', 'Aarhus'])),
    language: meaning(random.pick(LANGUAGES)),
  };
}

function workSlots(random: Random): Record<string, Slot> {
  return {
    topic: same(random.pick(TOPICS)),
    news: same(random.pick(NEWS)),
    subject: same(random.pick(SUBJECTS)),
    project: same(random.pick(['WATCH', 'HUB', 'SHOP', 'REPORTS', 'IOS'])),
    bug: same(random.pick(BUGS)),
    wish: same(random.pick(WISHES)),
    severity: same(random.pick(['low', 'medium', 'high', 'critical'])),
    issue: same(`${random.pick(['WATCH', 'HUB', 'SHOP', 'IOS'])}-${random.int(118, 2_940)}`),
    order: same(`LK-${random.int(80_100, 99_700)}`),
    euros: number(random.pick([120, 75.5, 890, 2_400, 13_950, 349, 5_600, 42.2])),
    currency: meaning(random.pick(CURRENCIES)),
    part: same(random.pick(PARTS)),
    number: number(random.pick([4, 6, 12, 25, 40, 96, 150])),
    degrees: number(random.pick([18, 19.5, 20, 21, 21.5, 22, 23])),
    phrase: same(random.pick(PHRASES)),
  };
}

/** Puts the true values into the arguments of a call; a slot alone keeps its type. */
export function fillArguments(json: string, slots: Record<string, Slot>): Record<string, unknown> {
  return JSON.parse(json, (_key, value) => {
    if (typeof value !== 'string') return value;
    const alone = /^\{([\w+]+)\}$/.exec(value)?.[1];
    if (alone !== undefined) return slots[alone]?.value;
    return value.replace(/\{([\w+]+)\}/g, (_place, name: string) => String(slots[name]?.value));
  });
}
