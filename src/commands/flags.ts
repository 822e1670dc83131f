/** Flags that several verbs have, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collect } from './access.ts';

/** Names separated by commas; the option can be repeated. */
export function readNames(text: string, earlier: string[] = []): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('A name in the list is empty.');
  return [...earlier, ...names];
}

/** What splits the value of a tags field. */
export function readSeparator(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** Which field of a file is what in a case; anything not said is detected. */
export function addMapping(command: Command): Command {
  return command
    .option('--input <field>', 'field that holds the input; it may be a path: payload.question')
    .option('--expected <field>', 'field that holds the expected output')
    .option('--key <field>', 'field that holds the key, unique in the suite')
    .option('--tags <fields>', 'fields whose values are tags, separated by commas', readNames)
    .option('--tags-separator <text>', 'splits the value of a tags field', readSeparator)
    .option('--metadata <fields>', 'only these fields go to the metadata', readNames)
    .option('--tag <name>', 'a tag for every case; can be repeated', collect);
}

/** What becomes of a case with another tag of an exclusive group. */
export function onExclusive(): Option {
  return new Option(
    '--on-exclusive <what>',
    'when a case has another tag of the group (replace)',
  ).choices(['replace', 'skip', 'fail']);
}

/** The share of the time that an operation may use. */
export function pace(): Option {
  return new Option(
    '--pace <share>',
    'of the time, how much it may use: 0.5 rests as long as it works',
  ).argParser((text) => {
    const share = Number(text);
    if (share > 0 && share <= 1) return share;
    throw new InvalidArgumentError('It is a number above 0, up to 1.');
  });
}

/** The id of an operation. */
export function readId(text: string): string {
  if (/^\d{1,19}$/.test(text)) return text;
  throw new InvalidArgumentError('An id is a number.');
}

/** A whole number of at least 1. */
export function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number above 0.');
}
