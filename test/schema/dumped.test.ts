/** What pg_dump writes is what pg_restore has to read: each definition, as PostgreSQL tells it, can be made again. */
import test from 'ava';
import type { Queryable } from '../helpers/cases.ts';
import { rolledBack, useDatabase } from '../helpers/database.ts';
import { ourSchemas } from '../helpers/lint.ts';

const database = useDatabase(test);

/** The statements that make triggers, views and checks again, as a dump has them. */
async function statements(client: Queryable): Promise<string[]> {
  const { rows } = await client.query(`
    select replace(pg_get_triggerdef(t.oid), 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER') as statement
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace::regnamespace::text in ${ourSchemas} and not t.tgisinternal and t.tgparentid = 0
    union all
    select format('create or replace view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid))
    from pg_class c where c.relnamespace::regnamespace::text in ${ourSchemas} and c.relkind = 'v'
    union all
    select format('alter table %s add constraint made_again %s; alter table %1$s drop constraint made_again', k.conrelid::regclass, pg_get_constraintdef(k.oid))
    from pg_constraint k
    where k.connamespace::regnamespace::text in ${ourSchemas} and k.contype = 'c' and k.conrelid <> 0 and k.coninhcount = 0`);
  return rows.map(({ statement }) => statement);
}

/** The first of them that PostgreSQL does not read, with its reason. */
async function unreadable(client: Queryable): Promise<string | undefined> {
  for (const statement of await statements(client)) {
    try {
      await client.query(`savepoint made; ${statement}; release savepoint made`);
    } catch (error) {
      await client.query('rollback to savepoint made');
      return `${(error as Error).message}: ${statement}`;
    }
  }
  return undefined;
}

// One after the other: DDL of two tests at once could deadlock.
test.serial(
  'every trigger, view and check can be made again from its own definition',
  async (t) => {
    await rolledBack(database.pool, async (client) => {
      t.true((await statements(client)).length > 50);
      t.is(await unreadable(client), undefined);
    });
  },
);

test.serial(
  'one that cannot is noticed: an operator of records, whose casts are not written',
  async (t) => {
    await rolledBack(database.pool, async (client) => {
      await client.query(`
      create trigger twice before update on bulkhead.suite_tags for each row
        when (row(old.name, old.meaning)::record *<> row(new.name, new.meaning)::record)
        execute function bulkhead_private.refuse_move()`);
      t.regex((await unreadable(client)) ?? '', /operator does not exist.*twice/s);
    });
  },
);
