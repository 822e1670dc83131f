/** What ava writes as TAP, which it counts best in and people read worst, as ticks and crosses. */

/** How the tests went so far. `failures` has the lines that each failure printed, its title first. */
export type Results = { passed: number; skipped: number; failures: string[][] };

/** The frame of TAP, its counts and the names of hooks; that tests of a file remain is said. */
const unsaid = /^(TAP |1\.\.|# (?!\d+ tests? remaining)|#$)/;

const marks = { passed: '✔', failed: '✖', skipped: '-' };

/** Returns what takes TAP line by line: it counts into `results`, and shows what people want to see. */
export function tapReader(results: Results, show: (line: string) => void) {
  let shown: string[] = [];
  return (line: string) => {
    const result = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line);
    if (!result) {
      // What is indented says more of the result before it, as what a test has logged does.
      const more = line.replace(/^# {3}/, '  ');
      if (unsaid.test(more)) return;
      if (more.startsWith(' ')) shown.push(more);
      return show(more);
    }
    const [, not, title, skipped] = result;
    const outcome = skipped ? 'skipped' : not ? 'failed' : 'passed';
    const named = `${marks[outcome]} ${title}`;
    shown = [named];
    if (outcome === 'failed') results.failures.push(shown);
    else results[outcome] += 1;
    show(named);
  };
}
