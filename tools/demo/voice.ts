import type { Random } from './random.ts';

// What people say before they come to the point, and after it.
const OPENINGS = [
  'Hi there,',
  'Hello,',
  'Good morning!',
  'Quick one:',
  'Hey team,',
  'Sorry to bother you again.',
  'Two questions, but the first one matters most.',
  "I couldn't find this in the help pages.",
  'My boss wants to know:',
  'Writing from the cold room, gloves on.',
  'Third day with your system, I like it.',
  'We had an inspection this morning.',
  'Asked your chat yesterday and got two different answers.',
  "I'm taking over from a colleague who retired.",
  'Following up on my call.',
  'Before I order more:',
  'Not urgent.',
  'This is urgent!!',
  'We are a small fish shop with four units.',
  'Pharmacy with two sites here.',
  'I look after the freezers of a marine institute.',
  'Catering company, eleven kitchens.',
  'I do the IT for a dairy.',
  "It's my first week.",
  'Somebody at the trade fair told me one thing and the website says another.',
  'For our quality manual I need one clear sentence.',
  'Context: nine walk-ins, one hub, thick walls.',
  'I read the article twice.',
  'Standing in front of the freezer right now:',
  'Me again.',
];
const CLOSINGS = [
  'Thanks!',
  'Thank you in advance.',
  'Cheers',
  'Please be brief.',
  'A link would be nice.',
  'I need this before Thursday.',
  'The audit is next week.',
  "I'm asking for a colleague.",
  'Short answer is fine.',
  'Greetings from Ghent',
  'Please answer in one sentence.',
  'If the answer is "it depends", on what?',
  'Kind regards',
  '(sent from my phone)',
  'tia',
  'I would also like to know where this is written.',
  'We are on Kitchen, if that matters.',
  'Nobody here knows.',
  'Your chat could not tell me.',
  'Have a good weekend.',
];
const MISSPELLINGS: [RegExp, string][] = [
  [/\breceive/g, 'recieve'],
  [/\bcalibrat/g, 'callibrat'],
  [/\btemperature/g, 'temprature'],
  [/\bthe\b/, 'teh'],
  [/\bbattery/g, 'batery'],
  [/\baddress/g, 'adress'],
  [/\bdoes\b/g, 'dose'],
  [/\bfreezer/g, 'freezr'],
  [/\bwhich\b/gi, 'wich'],
  [/\bcertificate/g, 'certifcate'],
  [/\bsubscription/g, 'subscribtion'],
  [/\bseparate/g, 'seperate'],
  [/\bowner/g, 'onwer'],
  [/\bsensor/g, 'senser'],
  [/\bprobe/, 'pobe'],
  [/\bcan't\b/g, 'cant'],
  [/\bdon't\b/g, 'dont'],
  [/\bpeople/g, 'poeple'],
  [/\breport/, 'reprot'],
  [/\baccount/, 'acount'],
  [/\binvoice/, 'invocie'],
  [/\bmonth/, 'mounth'],
  [/\bwith\b/, 'wiht'],
  [/\bhow\b/i, 'hwo'],
  [/\bwhat\b/i, 'waht'],
  [/\bI'm\b/g, 'Im'],
  [/\bthere\b/, 'ther'],
  [/\bhappens\b/, 'happend'],
  [/\bdiscount/, 'dicsount'],
];
// A sentence in which the writer already says who he is gets no second introduction.
const INTRODUCED =
  /\b(we're|we are|i'm|our|i am|kitchen|restaurant|hospital|university|school|bank|charity|truck|lab)\b/i;

/** A question as somebody really types it. `typos` says that it has been damaged. */
export function speak(question: string, random: Random): { text: string; typos: boolean } {
  const sentence = /^[A-ZÀ-Ý].*[.?!]$/u.test(question);
  if (!sentence) return { text: question, typos: false };
  const roll = random.next();
  if (roll < 0.45) return { text: question, typos: false };
  if (roll < 0.62 && !INTRODUCED.test(question)) {
    return { text: `${random.pick(OPENINGS)} ${question}`, typos: false };
  }
  if (roll < 0.78) return { text: `${question} ${random.pick(CLOSINGS)}`, typos: false };
  if (roll < 0.88) return { text: question.toLowerCase().replace(/[.?!]$/, ''), typos: false };
  const damaged = misspell(question, random);
  return { text: damaged, typos: damaged !== question };
}

function misspell(text: string, random: Random): string {
  const fitting = MISSPELLINGS.filter(([pattern]) => text.search(pattern) !== -1);
  const chosen = random.sample(fitting, text.length > 60 ? 2 : 1);
  const damaged = chosen.reduce((result, [pattern, wrong]) => result.replace(pattern, wrong), text);
  return random.chance(0.5) ? damaged.replace(/\?$/, random.pick(['', '??', ' ?'])) : damaged;
}
