/** What the documentation shows for psql, run through the driver, or by psql itself where there is one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, createReadStream, createWriteStream } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** Where a program is, as the shell would find it. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A variable of psql, `:'quoted'`, `:"identifier"` or `:plain`, or what psql looks for none in: a cast, a text, a comment. */
const variable = /::|:'(\w+)'|:"(\w+)"|'(?:[^']|'')*'|--.*|(?<!\w):([a-z]\w*)/g;

/** Fills in psql's variables: as a quoted value, as an identifier, or as the value is. */
export function fillVariables(sql: string, variables: Record<string, string | number>): string {
  return sql.replace(variable, (found, quoted, identifier, plain) => {
    const name: string | undefined = quoted ?? identifier ?? plain;
    if (name === undefined) return found;
    const value = variables[name];
    if (value === undefined) throw new Error(`the variable ${name} has no value`);
    if (quoted !== undefined) return pg.escapeLiteral(String(value));
    return identifier === undefined ? String(value) : pg.escapeIdentifier(String(value));
  });
}

/** The types that psql sets to the right: numbers. */
const numeric = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** A result with values as PostgreSQL writes them, drawn as psql draws it. */
export function drawResult({ fields, rows }: pg.QueryArrayResult): string {
  const isNumber = fields.map(({ dataTypeID }) => numeric.has(dataTypeID));
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))));
  const widths = fields.map(({ name }, column) =>
    Math.max(name.length, ...cells.map((row) => (row[column] ?? '').length)),
  );
  const head = fields.map(({ name }, column) => {
    const width = widths[column] ?? 0;
    return name.padStart(Math.floor((width + name.length) / 2)).padEnd(width);
  });
  const lines = cells.map((row) =>
    row.map((cell, column) =>
      isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    ),
  );
  return [
    ` ${head.join(' | ')} `,
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...lines.map((line) => ` ${line.join(' | ')} `),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Runs statements with every value as text, as psql shows them; resolves to the last result. */
export async function queryAsText(
  client: pg.ClientBase | pg.Pool,
  text: string,
): Promise<pg.QueryArrayResult> {
  const types = { getTypeParser: () => (value: string) => value };
  const query = { text, rowMode: 'array', types } as unknown as pg.QueryArrayConfig;
  const results = [await client.query(query)].flat();
  return results.at(-1) as pg.QueryArrayResult;
}

/** What a program has written, and how it ended. */
export type Ended = { code: number | null; stdout: string; stderr: string };

/** Starts a program with this on its standard input; what still runs at the end of the test is ended. */
export function startProgram(
  t: ExecutionContext,
  command: string[],
  options: { input?: string; environment?: Record<string, string>; cwd?: string } = {},
): { child: ChildProcess; stdout(): string; ended: Promise<Ended> } {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    // a group of its own: what a shell has started does not end with it
    detached: true,
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (data: string) => {
      texts[name] += data;
    });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
    await ended.catch(() => {});
  });
  return { child, stdout: () => texts.stdout, ended };
}

function killGroup({ pid }: ChildProcess) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs a script of psql, in this folder, and stops at its first error. */
export function startPsql(t: ExecutionContext, url: string, input: string, cwd?: string) {
  const flags = ['-X', '-v', 'ON_ERROR_STOP=1', url];
  return startProgram(t, ['psql', ...flags], { input, ...(cwd !== undefined && { cwd }) });
}

/** Runs a script for psql by the driver: statements, and `\\copy` from or to a file in this folder. */
export async function runScript(client: pg.ClientBase, script: string, folder: string) {
  for (const part of script.split(/(^\\copy .*$)|;[ \t]*$/m)) {
    if (part === undefined || part.trim() === '') continue;
    const copy = /^\\copy (.*) (from|to) '([^']+)'(.*)$/.exec(part.trim());
    if (!copy) {
      await client.query(part);
      continue;
    }
    const [, what, direction, file = '', options] = copy;
    const path = join(folder, file);
    if (direction === 'from')
      await pipeline(
        createReadStream(path),
        client.query(copyFrom(`copy ${what} from stdin ${options}`)),
      );
    else
      await pipeline(
        client.query(copyTo(`copy ${what} to stdout ${options}`)),
        createWriteStream(path),
      );
  }
}
