/** A runbook's blocks, by their names: what a person would paste is what the test runs. */
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type pg from 'pg';
import { projectDir } from '../../src/config.ts';
import type { Queryable } from './cases.ts';
import { readBlocks } from './markdown.ts';
import { type Ended, fillVariables, startProgram } from './psql.ts';

type Row = Record<string, unknown>;

/** The blocks of `docs/runbooks/<name>.md`; one that no test has run is a failure at the end. */
export function useRunbook(name: string) {
  const page = `docs/runbooks/${name}.md`;
  const blocks = readBlocks(page).filter(({ language }) => ['sql', 'sh'].includes(language));
  const ran = new Set<string>();
  const find = (language: string, block: string) => {
    const found = blocks.filter((one) => one.name === block && one.language === language);
    if (found.length !== 1) throw new Error(`${page} has ${found.length} ${language} ${block}`);
    ran.add(block);
    return found[0]?.text ?? '';
  };
  return {
    /** Runs a block of SQL with psql's variables; the rows of its last statement. */
    async sql(db: Queryable, block: string, variables: Record<string, string | number> = {}) {
      const text = fillVariables(find('sql', block), variables);
      const results = [(await db.query(text)) as unknown as pg.QueryResult].flat();
      return (results.at(-1)?.rows ?? []) as Row[];
    },
    /** Runs a block of SQL statement by statement, as psql does: some may stand in no transaction. */
    async each(db: Queryable, block: string, variables: Record<string, string | number> = {}) {
      const text = fillVariables(find('sql', block), variables);
      for (const statement of text.split(/;\s*$/m).filter((part) => part.trim() !== ''))
        await db.query(statement);
    },
    /** Runs a block in a shell, with the project's programs first on its PATH. */
    async sh(
      t: ExecutionContext,
      block: string,
      { cwd = projectDir, ...environment }: Record<string, string> = {},
    ): Promise<Ended> {
      const PATH = [join(projectDir, 'node_modules/.bin'), process.env.PATH].join(delimiter);
      const script = `set -euo pipefail\n${find('sh', block)}`;
      const command = ['bash', '-c', script];
      return startProgram(t, command, { cwd, environment: { PATH, ...environment } }).ended;
    },
    /** The names of the blocks that were not run. */
    left: () => blocks.map((block) => block.name).filter((block) => !ran.has(block)),
  };
}
