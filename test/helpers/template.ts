/** The template that test databases are cloned from: built once for each state of migrations/. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { projectDir } from '../../src/config.ts';
import {
  databaseUrl,
  dropDatabase,
  quoteIdentifier,
  withClient,
} from '../../src/database/admin.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { Logger } from '../../src/logger.ts';

/** Makes sure that the template exists on a server and returns its name. */
export async function buildTemplate(ownerUrl: string, logger: Logger): Promise<string> {
  const name = `bulkhead_template_${await hashMigrations()}`;
  await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(
      'select datistemplate as complete from pg_database where datname = $1',
      [name],
    );
    if (rows[0]?.complete) return;
    if (rows[0]) await dropDatabase(client, name);
    await client.query(`create database ${quoteIdentifier(name)}`);
    await migrate({ ownerUrl: databaseUrl(ownerUrl, name), logger, current: true });
    await seal(client, name);
  });
  return name;
}

/** A database can be cloned only while nobody is connected to it, so nobody may be. */
async function seal(client: pg.Client, name: string) {
  await client.query(`alter database ${quoteIdentifier(name)} with allow_connections false`);
  for (;;) {
    const { rowCount } = await client.query('select from pg_stat_activity where datname = $1', [
      name,
    ]);
    if (!rowCount) break;
    await sleep(20);
  }
  await client.query(`alter database ${quoteIdentifier(name)} with is_template true`);
}

async function hashMigrations(): Promise<string> {
  const root = join(projectDir, 'migrations');
  const hash = createHash('sha256');
  const files = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((f) => join(f.parentPath, f.name));
  for (const path of [...paths, join(projectDir, 'package-lock.json')].sort()) {
    hash.update(path.slice(projectDir.length)).update('\0');
    hash.update(await fs.readFile(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
