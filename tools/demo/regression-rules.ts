import { type DemoCase, makeKey } from './cases.ts';
import { makeOrigin, monthName, NAMES, SITES } from './people.ts';
import { makeRandom, type Random } from './random.ts';

type Ruling = { topic: string; text: string; expected: Record<string, unknown>; tags: string[] };

const DAY = 24 * 60 * 60 * 1000;
const iso = (time: number) => new Date(time).toISOString().slice(0, 10);
const say = (time: number) => {
  const date = new Date(time);
  return `${date.getUTCDate()} ${monthName(date.getUTCMonth() + 1)} ${date.getUTCFullYear()}`;
};
const someDay = (random: Random) => Date.UTC(2026, random.int(0, 5), random.int(1, 28));
const euros = (cents: number) => (cents / 100).toFixed(2);

/** Decisions by the rules of the invented company, and answers in a strict form: 120 cases. */
export function makeRuleCases(taken: Set<string>): DemoCase[] {
  const rules = [
    hardwareReturn,
    annualRefund,
    warranty,
    smsOverage,
    volumeDiscount,
    proration,
    overLimit,
    paymentFailed,
    retention,
    recalibration,
  ];
  const forms = [isoTime, celsius, listUnits, limitsCheck];
  return [
    ...rules.flatMap((rule) => repeat(rule, 8, 'policy', taken)),
    ...forms.flatMap((form) => repeat(form, 10, 'formatting', taken)),
  ];
}

function repeat(
  rule: (random: Random) => Ruling,
  count: number,
  tag: string,
  taken: Set<string>,
): DemoCase[] {
  return Array.from({ length: count }, (_, index) => {
    const random = makeRandom(`${rule.name} ${index}`);
    const { topic, text, expected, tags } = rule(random);
    return {
      external_key: makeKey(topic, text, taken),
      input: text,
      expected_output: expected,
      metadata: makeOrigin(random),
      tags: [tag, 'structured_output', ...tags],
    };
  });
}

function hardwareReturn(random: Random): Ruling {
  const delivered = someDay(random);
  const days = random.pick([3, 12, 24, 29, 30, 31, 38, 60]);
  const item = random.pick([
    'two Pebbles',
    'a Hub 2',
    'four Door Tabs',
    'a Drift',
    'one Pebble Deep',
  ]);
  const used = random.pick([
    'still sealed',
    'opened but unused',
    'used for a week',
    'mounted once',
  ]);
  return {
    topic: 'return-window',
    text: `${random.pick(NAMES)} received ${item} on ${say(delivered)} and asks on ${say(delivered + days * DAY)} to return everything, ${used}. Is a full refund due? JSON: refund (true/false), last_day (YYYY-MM-DD).`,
    expected: { refund: days <= 30, last_day: iso(delivered + 30 * DAY) },
    tags: ['billing', 'refund'],
  };
}

function annualRefund(random: Random): Ruling {
  const paid = someDay(random);
  const days = random.pick([1, 6, 13, 14, 15, 21, 90, 200]);
  const plan = random.pick(['Kitchen', 'Depot']);
  const price = plan === 'Kitchen' ? 34_800 : 142_800;
  return {
    topic: 'annual-refund',
    text: `Annual ${plan} plan, paid €${euros(price)} on ${say(paid)}. ${random.pick(SITES)} cancels on ${say(paid + days * DAY)} and wants the money back. How much do we pay out? JSON: amount.`,
    expected: { amount: days <= 14 ? price / 100 : 0 },
    tags: ['billing', 'refund', 'plans'],
  };
}

function warranty(random: Random): Ruling {
  const device = random.pick(['Pebble', 'Stave', 'Drift', 'Hub 2', 'Pebble Deep']);
  const months = random.pick([5, 13, 23, 25, 30, 35, 37, 48]);
  const cause = random.pick([
    { text: 'stopped measuring without visible damage', covered: true },
    { text: 'went through the dishwasher', covered: false },
    { text: 'has an empty battery', covered: false },
    { text: 'restarts every hour', covered: true },
    { text: 'was opened with a screwdriver', covered: false },
    { text: 'shows 85 °C all the time', covered: true },
  ]);
  const limit = device === 'Stave' ? 36 : 24;
  return {
    topic: 'warranty',
    text: `A ${device} bought ${months} months ago ${cause.text}. Does the warranty cover it? JSON: covered (true/false), warranty_months.`,
    expected: { covered: cause.covered && months <= limit, warranty_months: limit },
    tags: ['warranty', 'devices'],
  };
}

function smsOverage(random: Random): Ruling {
  const plan = random.pick([
    { name: 'Kitchen', included: 100 },
    { name: 'Depot', included: 1000 },
  ]);
  const sent = plan.included + random.int(-60, 420);
  return {
    topic: 'sms-bill',
    text: `${random.pick(SITES)} is on ${plan.name} and sent ${sent} SMS in ${monthName(random.int(1, 12))}. No cap is set. What is added to the invoice for SMS, in euros? JSON: amount.`,
    expected: { amount: (Math.max(0, sent - plan.included) * 7) / 100 },
    tags: ['billing', 'alerts'],
  };
}

function volumeDiscount(random: Random): Ruling {
  const count = random.pick([8, 18, 24, 25, 40, 64, 99, 100, 130]);
  const item = random.pick([
    { name: 'Pebble', price: 3900 },
    { name: 'Pebble Deep', price: 8900 },
  ]);
  const school = random.chance(0.4);
  const percent = Math.max(count >= 100 ? 15 : count >= 25 ? 8 : 0, school ? 25 : 0);
  return {
    topic: 'volume-price',
    text: `Price for ${count} ${item.name} probes at €${euros(item.price)} each for ${school ? 'a technical university' : random.pick(SITES)}? Discounts do not add up; the better one counts. JSON: percent, total.`,
    expected: { percent, total: (count * item.price * (100 - percent)) / 10_000 },
    tags: ['billing', 'orders'],
  };
}

function proration(random: Random): Ruling {
  const day = random.pick([4, 7, 10, 13, 16, 19, 22, 25]);
  const left = 30 - day;
  const paid = random.pick([
    { plan: 'Kitchen', cents: 2900 },
    { plan: 'Depot', cents: 11_900 },
  ]);
  const credit = Math.round((paid.cents * left) / 30) / 100;
  return {
    topic: 'switch-credit',
    text: `${random.pick(NAMES)} switches from monthly to annual billing on day ${day} of a 30-day month (that day is used up). ${paid.plan}, €${euros(paid.cents)} a month, already paid. Which credit appears on the annual invoice? JSON: credit, rounded to cents.`,
    expected: { credit },
    tags: ['billing', 'plans'],
  };
}

function overLimit(random: Random): Ruling {
  const probes = random.int(9, 41);
  const target = random.pick([
    { plan: 'Kitchen', limit: 20 },
    { plan: 'Pantry', limit: 3 },
  ]);
  return {
    topic: 'downgrade-paused',
    text: `An account with ${probes} active probes goes down to ${target.plan}. How many are paused, and which ones? JSON: paused, which ("newest", "oldest" or "none").`,
    expected: {
      paused: Math.max(0, probes - target.limit),
      which: probes > target.limit ? 'newest' : 'none',
    },
    tags: ['billing', 'plans', 'devices'],
  };
}

function paymentFailed(random: Random): Ruling {
  const failed = someDay(random);
  const after = random.pick([2, 3, 7, 9, 14, 18, 20, 22]);
  return {
    topic: 'payment-retry',
    text: `A card was declined on ${say(failed)}. Today is ${say(failed + after * DAY)} and nobody has reacted. Is monitoring still on, and on which day does the account fall back to Pantry? JSON: monitoring (true/false), fallback (YYYY-MM-DD).`,
    expected: { monitoring: after < 21, fallback: iso(failed + 21 * DAY) },
    tags: ['billing'],
  };
}

function retention(random: Random): Ruling {
  const today = Date.UTC(2026, random.int(0, 5), random.int(2, 28));
  const plan = random.pick([
    { name: 'Pantry', months: 1 },
    { name: 'Kitchen', months: 13 },
    { name: 'Depot', months: 36 },
  ]);
  const age = random.pick([2, 5, 12, 15, 24, 34, 38, 50]);
  return {
    topic: 'retention',
    text: `Today is ${say(today)}. ${random.pick(SITES)} is on ${plan.name} and looks for readings that are ${age} months old. Can they still be there? JSON: available (true/false).`,
    expected: { available: age <= plan.months },
    tags: ['data', 'plans', 'compliance'],
  };
}

function recalibration(random: Random): Ruling {
  const last = someDay(random);
  const next = new Date(last);
  next.setUTCFullYear(next.getUTCFullYear() + 1);
  const probes = random.int(2, 30);
  return {
    topic: 'recalibration',
    text: `${probes} probes were last calibrated on ${say(last)}. When are they due again, on which day does the app remind, and what does the lab charge? JSON: due, reminder (YYYY-MM-DD), cost.`,
    expected: {
      due: iso(next.getTime()),
      reminder: iso(next.getTime() - 30 * DAY),
      cost: probes * 35,
    },
    tags: ['calibration', 'compliance'],
  };
}

function isoTime(random: Random): Ruling {
  const time = someDay(random);
  const hour = random.int(1, 11);
  const quarter = random.pick([
    { text: `quarter past ${hour}`, minutes: 15 },
    { text: `half past ${hour}`, minutes: 30 },
    { text: `${hour} o'clock sharp`, minutes: 0 },
  ]);
  const half = random.pick([
    { text: 'in the morning', plus: 0 },
    { text: 'in the evening', plus: 12 },
  ]);
  const clock = `${String(hour + half.plus).padStart(2, '0')}:${String(quarter.minutes).padStart(2, '0')}`;
  return {
    topic: 'iso-time',
    text: `"The alarm came on ${say(time)}, ${quarter.text} ${half.text}, UTC." Give the time in RFC 3339 as JSON: at.`,
    expected: { at: `${iso(time)}T${clock}:00Z` },
    tags: ['data'],
  };
}

function celsius(random: Random): Ruling {
  const fahrenheit = random.pick([-22, -13, -4, 5, 14, 23, 32, 41, 50, 59, 68, 149]);
  const place = random.pick(SITES);
  return {
    topic: 'to-celsius',
    text: `A technician at ${place} wrote down ${String(fahrenheit).replace('-', '−')} °F for unit ${random.int(2, 60)}. The API wants Celsius. JSON: celsius.`,
    expected: { celsius: ((fahrenheit - 32) * 5) / 9 },
    tags: ['data', 'api'],
  };
}

function listUnits(random: Random): Ruling {
  const units = random.sample(
    [
      'Walk-in 1',
      'Walk-in 2',
      'Fish counter',
      'Ice chest',
      'Vaccine fridge',
      'Bar',
      'Dough room',
      'Terrace',
      'Lab 3',
    ],
    random.int(3, 5),
  );
  const [last = '', ...others] = units;
  const lower = (name: string) => (random.chance(0.5) ? name : name.toLowerCase());
  return {
    topic: 'list-units',
    text: `"${others.map(lower).join(', ')} and the ${lower(last)}, that's all that was red this morning." List the units in alphabetical order, capitalised as in "Walk-in 1". JSON: units.`,
    expected: { units: [...units].sort() },
    tags: ['alerts'],
  };
}

function limitsCheck(random: Random): Ruling {
  const low = random.pick([2, -25, 0]);
  const high = low + random.pick([6, 10]);
  const readings = Array.from(
    { length: 4 },
    () => low + random.int(-10, (high - low) * 10 + 14) / 10,
  );
  const shown = readings.map((value) => value.toFixed(1).replace('-', '−')).join(', ');
  return {
    topic: 'limits-check',
    text: `Limits ${low} to ${high} °C. Readings: ${shown}. Is any of them outside? JSON: outside (true/false), count.`,
    expected: {
      outside: readings.some((value) => value < low || value > high),
      count: readings.filter((value) => value < low || value > high).length,
    },
    tags: ['alerts', 'data'],
  };
}
