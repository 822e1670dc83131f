import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import { projectDir } from '../../src/config.ts';
import type { Database } from './database.ts';

/** A file of this content, gone when the test has ended. */
export function makeFile(t: ExecutionContext, name: string, content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-import-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** A JSONL file with these objects as its lines. */
export function makeJsonl(t: ExecutionContext, lines: unknown[]): string {
  return makeFile(t, 'cases.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/**
 * A file of the shared evaluation data, which is no part of the repository. Where it is absent
 * the test says so and is over: `if (file === null) return;`
 */
export function findSharedFile(t: ExecutionContext, path: string): string | null {
  const file = join(projectDir, '..', 'shared', 'data', path);
  if (existsSync(file)) return file;
  t.log(`skipped: ${path} is not in ../shared/data`);
  t.pass();
  return null;
}

/** A connection for one test; not one of the pool, which tests that run side by side would empty. */
export async function useClient(t: ExecutionContext, { ownerUrl }: Database): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}
