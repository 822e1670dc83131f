import { AGENT_TOOLS, makeAgentTools } from './agent-tools.ts';
import { ARITHMETIC, makeArithmetic } from './arithmetic.ts';
import type { DemoCase } from './cases.ts';
import { makeRegression, REGRESSION } from './regression.ts';
import { makeSafety, SAFETY } from './safety.ts';

/** The files of the demo data, name and content: the dictionaries, and the cases of each suite. */
export function makeDemoFiles(): Map<string, string> {
  const suites = [
    { suite: REGRESSION, cases: makeRegression() },
    { suite: AGENT_TOOLS, cases: makeAgentTools() },
    { suite: SAFETY, cases: makeSafety() },
    { suite: ARITHMETIC, cases: makeArithmetic() },
  ];
  return new Map([
    [
      'suites.json',
      `${JSON.stringify(
        suites.map(({ suite }) => suite),
        null,
        2,
      )}\n`,
    ],
    ...suites.map(({ suite, cases }) => [`${suite.slug}.jsonl`, toLines(cases)] as const),
  ]);
}

function toLines(cases: DemoCase[]): string {
  return cases.map((each) => `${JSON.stringify(each)}\n`).join('');
}
