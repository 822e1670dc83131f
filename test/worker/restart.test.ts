/** PostgreSQL restarted under a worker that is in the middle of operations: the worker finds it again by itself. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { type Embedded, startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { isAlive } from '../../src/database/postmaster.ts';
import type { Logger } from '../../src/logger.ts';
import type { Operation } from '../helpers/cases.ts';
import { makeDataDir } from '../helpers/bulkhead.ts';
