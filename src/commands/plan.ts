/** `bulkhead plan`: the maths up front. It computes; only --measure connects to a database. */
import type { Command } from 'commander';
import { type PlanInput, planFlags } from '../plan/input.ts';
import type { AccessCommandDeps } from './access.ts';

/** What the verb needs from the program. */
export type PlanCommandDeps = Pick<AccessCommandDeps, 'print' | 'note'> & {
  /** The owner's login; asked for only to measure. */
  ownerUrl(): Promise<string>;
};

type Flags = Partial<Record<keyof PlanInput, string>> & {
  measure?: true;
  explain?: true;
  json?: true;
};

/** Adds the verb `plan` to the program. */
export function registerPlan(program: Command, deps: PlanCommandDeps): void {
  const verb = program
    .command('plan')
    .summary('compute sizes, times and limits before there is anything')
    .description(
      'Computes how large the tables become, how long a bulk change takes, what it locks, what appends feel\n' +
        'meanwhile, in the old design and in this one, and where the limits of one machine are (docs/planning.md).',
    );
  for (const { flag, value, what, otherwise } of planFlags)
    verb.option(`${flag} ${value}`, `${what} (${otherwise})`);
  verb
    .option('--measure', 'measure the connected server for some seconds; nothing stays in it')
    .option('--explain', 'say of each figure how it comes about')
    .option('--json', 'print JSON: times in milliseconds, sizes in bytes')
    .action((flags: Flags) => plan(deps, flags));
}

async function plan({ print, note, ownerUrl }: PlanCommandDeps, flags: Flags): Promise<void> {
  const { readPlanInput } = await import('../plan/input.ts');
  const { defaultSpeed } = await import('../plan/coefficients.ts');
  const { makePlan } = await import('../plan/plan.ts');
  const input = readPlanInput(flags);
  let speed = defaultSpeed;
  if (flags.measure) {
    const { announcement, measureSpeed } = await import('../plan/measure.ts');
    const url = await ownerUrl();
    note(announcement);
    const measured = await measureSpeed(url, input);
    speed = measured.speed;
    if (flags.connections === undefined) input.connections = measured.connections;
  }
  const made = makePlan(input, speed);
  if (flags.json) print(JSON.stringify(made, replaceInfinity, 2));
  else print((await import('../plan/print.ts')).drawPlan(made, flags.explain === true));
}

/** JSON has no infinity: what never happens is null. */
const replaceInfinity = (_key: string, value: unknown) =>
  value === Number.POSITIVE_INFINITY ? null : value;
