import { fillArguments, isoDay, makeAgentSlots, nameDay, pickToday } from './agent-slots.ts';
import { findTool, TOOLS } from './agent-tools-catalogue.ts';
import { type DemoCase, type DemoSuite, makeKey } from './cases.ts';
import { readTable } from './material.ts';
import { fill, makeOrigin } from './people.ts';
import { makeRandom, type Random } from './random.ts';

/** The suite of tool calls. */
export const AGENT_TOOLS: DemoSuite = {
  slug: 'agent-tools',
  name: 'Office agent: tool calls',
  description:
    'Given a request and a handful of tools, the agent must make the right call with the right arguments, or none.',
  tag_policy: 'closed',
  tags: [
    {
      name: 'single_call',
      meaning: 'Exactly one call is right.',
      colour: '#2563eb',
      exclusive_group: 'calls',
    },
    {
      name: 'parallel_calls',
      meaning: 'Two independent calls in one turn, in any order.',
      colour: '#0d9488',
      exclusive_group: 'calls',
    },
    {
      name: 'no_call',
      meaning: 'Calling anything is wrong: something is missing, or no tool fits.',
      colour: '#d97706',
      exclusive_group: 'calls',
    },
    {
      name: 'after_error',
      meaning: 'A tool has just answered with an error; the next step is judged.',
      colour: '#dc2626',
      exclusive_group: 'calls',
    },
    {
      name: 'relative_date',
      meaning: 'The date has to be worked out from the day in the system message.',
      colour: '#7c3aed',
    },
    {
      name: 'optional_argument',
      meaning: 'The request calls for an argument that the tool does not require.',
      colour: '#64748b',
    },
    { name: 'many_tools', meaning: 'Seven tools or more are offered.', colour: '#64748b' },
    {
      name: 'side_effect',
      meaning: 'The right call changes something: mail sent, stock reserved.',
      colour: '#db2777',
    },
    { name: 'confirm_first', meaning: 'The agent must ask before it acts.', colour: '#dc2626' },
    { name: 'smoke', meaning: 'The twenty that run on every commit.', colour: '#16a34a' },
    { name: 'needs_review', meaning: 'The expected arguments are disputed.', colour: '#db2777' },
    ...['calendar', 'mail', 'tracker', 'orders', 'office'].map((name) => ({
      name,
      meaning: `Tools for: ${name}.`,
      colour: '#64748b',
    })),
  ],
};

const AREAS: Record<string, string> = {
  create_event: 'calendar',
  find_events: 'calendar',
  move_event: 'calendar',
  set_reminder: 'calendar',
  send_email: 'mail',
  search_mail: 'mail',
  look_up_contact: 'mail',
  create_issue: 'tracker',
  update_issue: 'tracker',
  log_hours: 'tracker',
  query_orders: 'orders',
  check_stock: 'orders',
  reserve_stock: 'orders',
  convert_currency: 'orders',
};
const READS = /^(find|search|look|query|check|convert|get|translate)/;

/** All cases of the suite. */
export function makeAgentTools(): DemoCase[] {
  const taken = new Set<string>();
  const requests = readTable('agent-requests');
  const cases = [
    ...[0, 1].flatMap((round) => requests.map((request) => callOnce(request, round, taken))),
    ...readTable('agent-clarify').map((row) => callNothing(row, taken)),
    ...pairUp(requests, 20, taken),
    ...makeRandom('errors')
      .sample(requests, 20)
      .map((request, index) => afterError(request, index, taken)),
  ];
  const smoke = new Set(makeRandom('smoke').sample(cases, 20));
  return cases.map((each) => finish(each, smoke.has(each)));
}

function finish(each: DemoCase, smoke: boolean): DemoCase {
  const random = makeRandom(`agent marks ${each.external_key}`);
  const tags = [
    ...each.tags,
    ...(smoke ? ['smoke'] : []),
    ...(random.chance(0.05) ? ['needs_review'] : []),
  ];
  return { ...each, tags, ...(random.chance(0.03) && { status: 'archived' as const }) };
}

function offer(random: Random, names: string[], extra: number): string[] {
  const others = TOOLS.map(({ name }) => name).filter((name) => !names.includes(name));
  return random.sample([...names, ...random.sample(others, extra)], names.length + extra);
}

function makeInput(random: Random, today: number, turns: unknown[], tools: string[]) {
  const time = `${String(random.int(8, 9)).padStart(2, '0')}:${random.int(10, 55)}`;
  return {
    messages: [
      {
        role: 'system',
        content: `You are the office assistant. It is ${nameDay(today)}, ${time}. Times are local, without zone.`,
      },
      ...turns,
    ],
    tools: tools.map(findTool),
  };
}

function describeCall(name: string, text: string, args: Record<string, unknown>): string[] {
  const { required } = findTool(name);
  const optional = Object.keys(args).some((key) => !required.includes(key));
  return [
    AREAS[name] ?? 'office',
    ...(/\{(day|day_past|when)\}/.test(text) ? ['relative_date'] : []),
    ...(optional ? ['optional_argument'] : []),
    ...(READS.test(name) ? [] : ['side_effect']),
  ];
}

function callOnce(
  [name = '', text = '', json = '{}']: string[],
  round: number,
  taken: Set<string>,
): DemoCase {
  const random = makeRandom(`call ${text} ${round}`);
  const today = pickToday(random);
  const slots = makeAgentSlots(random, today);
  const request = fill(text, slots);
  const args = fillArguments(json, slots);
  const tools = offer(random, [name], random.pick([1, 2, 2, 3, 6]));
  return {
    external_key: makeKey(name.replaceAll('_', '-'), request, taken),
    input: makeInput(random, today, [{ role: 'user', content: request }], tools),
    expected_output: { tool_calls: [{ name, arguments: args }] },
    metadata: { today: isoDay(today), ...makeOrigin(random) },
    tags: [
      'single_call',
      ...describeCall(name, text, args),
      ...(tools.length > 6 ? ['many_tools'] : []),
    ],
  };
}

function callNothing([text = '', tools = '', reply = '']: string[], taken: Set<string>): DemoCase {
  const random = makeRandom(`nothing ${text}`);
  const today = pickToday(random);
  return {
    external_key: makeKey('no-call', text, taken),
    input: makeInput(random, today, [{ role: 'user', content: text }], tools.split(', ')),
    expected_output: { tool_calls: [], reply },
    metadata: { today: isoDay(today), ...makeOrigin(random) },
    tags: ['no_call', 'office', ...(/confirm/.test(reply) ? ['confirm_first'] : [])],
  };
}

function pairUp(requests: string[][], count: number, taken: Set<string>): DemoCase[] {
  const full = requests.filter(
    ([, text = '']) => /^[A-Z].*[.?]$/.test(text) && !text.includes('{when}:'),
  );
  return Array.from({ length: count }, (_, index) => {
    const random = makeRandom(`pair ${index}`);
    const today = pickToday(random);
    const [first = [], second = []] = random.sample(full, 2);
    const slots = [makeAgentSlots(random, today), makeAgentSlots(random, today)];
    const parts = [first, second].map(([name = '', text = '', json = '{}'], at) => ({
      name,
      text,
      request: fill(text, slots[at] ?? {}),
      args: fillArguments(json, slots[at] ?? {}),
    }));
    const link = random.pick([' And something else: ', ' Also: ', ' Second thing. ', ' Oh, and: ']);
    const request = parts.map((part) => part.request).join(link);
    const names = [...new Set(parts.map(({ name }) => name))];
    const tags = parts.flatMap(({ name, text, args }) => describeCall(name, text, args));
    return {
      external_key: makeKey('two-things', request, taken),
      input: makeInput(
        random,
        today,
        [{ role: 'user', content: request }],
        offer(random, names, 3),
      ),
      expected_output: { tool_calls: parts.map(({ name, args }) => ({ name, arguments: args })) },
      metadata: { today: isoDay(today), ...makeOrigin(random) },
      tags: ['parallel_calls', ...new Set(tags)],
    };
  });
}

const ERRORS = [
  { error: 'timeout after 10 s', next: 'tries the same call once more', again: true },
  { error: 'rate limited, retry in 2 s', next: 'tries the same call once more', again: true },
  {
    error: 'permission denied for this user',
    next: 'says that it is not allowed to, and who could do it; no second try',
    again: false,
  },
  {
    error: 'service is down for maintenance until 14:00',
    next: 'says when it will work again, offers a reminder',
    again: false,
  },
  { error: 'internal error 500', next: 'tries the same call once more', again: true },
  { error: 'not found', next: 'says what was not found and asks to check the name', again: false },
];

function afterError(
  [name = '', text = '', json = '{}']: string[],
  index: number,
  taken: Set<string>,
): DemoCase {
  const random = makeRandom(`error ${text}`);
  const today = pickToday(random);
  const slots = makeAgentSlots(random, today);
  const request = fill(text, slots);
  const call = { name, arguments: fillArguments(json, slots) };
  const { error = '', next = '', again = false } = ERRORS[index % ERRORS.length] ?? {};
  const turns = [
    { role: 'user', content: request },
    { role: 'assistant', tool_calls: [call] },
    { role: 'tool', name, content: { error } },
  ];
  return {
    external_key: makeKey(`after-${error.split(/[ ,]/)[0]}`, request, taken),
    input: makeInput(random, today, turns, offer(random, [name], 2)),
    expected_output: again ? { tool_calls: [call], reply: next } : { tool_calls: [], reply: next },
    metadata: { today: isoDay(today), ...makeOrigin(random) },
    tags: ['after_error', AREAS[name] ?? 'office'],
  };
}
