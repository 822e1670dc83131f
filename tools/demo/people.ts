import type { Random } from './random.ts';

/** Who writes to the invented company. */
export const NAMES = [
  'Mira Kolar',
  'Jonas Brandt',
  'Peace Okafor',
  'Thuy Nguyen',
  'Elif Aydın',
  'Sven Lindqvist',
  'Camille Roux',
  'Bram Janssen',
  'Ana Ferreira',
  'Piotr Wójcik',
  'Aoife Byrne',
  'Rashid Karimi',
  'Giulia Conti',
  'Lars Mikkelsen',
  'Noor de Wit',
  'Tomás Herrera',
  'Ingrid Haugen',
  'Kwame Osei',
  'Yuki Tanaka',
  'Marta Bielska',
  'Owen Pritchard',
  'Lena Hofer',
  'Samir Haddad',
  'Katja Virtanen',
  'Dario Ricci',
  'Fatou Diallo',
  'Hugo Lemaire',
  'Zsófia Varga',
  'Callum Reid',
  'Inês Duarte',
];

/** Where they work. */
export const SITES = [
  'Bakkerij De Molen, Ghent',
  'Apotheke am Markt, Jena',
  'Fjordfisk Bergen',
  'Clinica San Luca',
  'the oyster hall in Yerseke',
  'Gelateria Nove',
  'Campus kitchen north',
  'Harbour Street depot',
  'Blood centre Aarhus',
  'the Lyon flower market',
  'Vet practice Brookside',
  'Lab 4, Tartu',
  'Käserei Rütihof',
  'Food bank Leith',
  'Hotel Miramar',
  'St. Olav ward 3',
  'Cash & Carry Porto',
  'our truck depot in Venlo',
  'Marisquería Lola',
  'school kitchen Kreuzberg',
  'Tulip auction hall 7',
  'Pharma hub Leiden',
  'Zoo food store',
  'Restaurant Quatre Mains',
  'Butcher Petersen, Kolding',
];

/** The team that writes the cases. */
export const AUTHORS = ['mira.k', 'jonas.b', 'p.okafor', 'thuy', 'elif.a', 'svenl', 'camille'];

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** The name of a month, from 1. */
export const monthName = (month: number): string => MONTHS[month - 1] ?? '';

/** A date as ISO text and as a person writes it. */
export function makeDate(random: Random): { value: string; shown: string } {
  const year = random.pick([2025, 2026]);
  const month = random.int(1, year === 2026 ? 6 : 12);
  const day = random.int(1, 28);
  const name = monthName(month);
  const shown = random.pick([
    `${day} ${name} ${year}`,
    `${name} ${day}, ${year}`,
    `${day}.${month}.${year}`,
    `${year}-${pad(month)}-${pad(day)}`,
  ]);
  return { value: `${year}-${pad(month)}-${pad(day)}`, shown };
}

/** Values for the slots of a text: what is true, and how it is written there. */
export function makeSlots(random: Random): Record<string, { value: unknown; shown: string }> {
  const same = (value: string) => ({ value, shown: value });
  const name = random.pick(NAMES);
  const cents = random.int(900, 98_000);
  const temp = random.int(-310, 180) / 10;
  const time = `${pad(random.int(0, 23))}:${pad(random.int(0, 59))}`;
  const count = random.int(3, 48);
  const [first = '', last = ''] = name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z ]/g, '')
    .split(' ');
  return {
    name: same(name),
    site: same(random.pick(SITES)),
    serial: same(
      `LM${random.int(2, 9)}${random.pick([...'DKQRTX'])}-${random.int(10_400, 98_900)}`,
    ),
    code: same(
      random.pick(['E-104', 'E-107', 'E-112', 'E-131', 'E-203', 'E-214', 'E-236', 'E-304']),
    ),
    order: same(`LK-${random.int(80_100, 99_700)}`),
    invoice: same(`INV-26-${random.int(2_100, 9_800)}`),
    amount: {
      value: cents / 100,
      shown: random.pick([`€${(cents / 100).toFixed(2)}`, `${(cents / 100).toFixed(2)} EUR`]),
    },
    date: makeDate(random),
    month: same(monthName(random.int(1, 12))),
    time: same(time),
    count: { value: count, shown: String(count) },
    product: same(random.pick(['Pebble', 'Pebble Deep', 'Stave', 'Drift', 'Door Tab', 'Hub 2'])),
    temp: { value: temp, shown: `${String(temp).replace('-', '−')} °C` },
    phone: same(`+32 9 ${random.int(200, 399)} ${random.int(10, 99)} ${random.int(10, 99)}`),
    email: same(
      `${first}.${last}@${random.pick(['quatremains', 'tartulab', 'fjordfisk', 'leith-food'])}.example`,
    ),
  };
}

/** Puts values into the `{slot}` places of a text. */
export function fill(text: string, slots: Record<string, { shown: string }>): string {
  return text.replace(/\{([\w+]+)\}/g, (place, name: string) => slots[name]?.shown ?? place);
}

/** Where a case comes from, for its metadata. */
export function makeOrigin(random: Random): Record<string, unknown> {
  const month = random.int(0, 10);
  const year = month < 4 ? 2025 : 2026;
  const added = `${year}-${pad(month < 4 ? month + 9 : month - 3)}-${pad(random.int(1, 28))}`;
  const ticket = `ticket ${random.int(20_100, 48_900)}`;
  const others = ['written by hand', 'documentation change', 'thumbs-down in the app'];
  const source = random.chance(0.04) ? 'incident review' : random.pick([ticket, ticket, ...others]);
  return { author: random.pick(AUTHORS), source, added };
}
