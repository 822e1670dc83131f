/** Checks of what the planner goes by. */
import { readSuiteStatistics } from '../../database/inspect-statistics.ts';
import type { Check } from './check.ts';

/** Without these everything works, and slowly. */
export const statisticsChecks: Check[] = [
  {
    name: 'no statistics say which suites a table has',
    level: 'warning',
    run: ({ client }) => readSuiteStatistics(client),
  },
];
