/** Short appends, as most are: one statement stages the cases, defines their tags and appends them. */
import { DatabaseError } from 'pg';
import { forQueries, type WithRequestClient } from '../../graphql/request-client.ts';
import { encodeJsonRow, type ImportRow } from '../../import/copy.ts';
import { beginImport, importAtOnce } from '../../queries/append.queries.ts';
import type { Caller } from '../gate.ts';
import type { AppendRequest } from './append-request.ts';
import { type Appended, type Keyed, makeTally } from './append-results.ts';

/** Bytes of a body whose cases are appended at once: a few hundred of them, and milliseconds. */
export const AT_ONCE = 256 * 1024;

/** Who appends what. `withClient`: for one statement, of the connections that all requests share. */
export type Asking = { withClient: WithRequestClient; caller: Caller; asked: AppendRequest };

/** Refuses, before anything of the body is read, whom the append would refuse in the end. */
export async function checkAppend({ withClient, caller, asked }: Asking): Promise<void> {
  await withClient({ credential: caller.hash }, (client) =>
    beginImport.run(asked, forQueries(client, 'begin_import')),
  );
}

/** Appends them. Undefined: the database has refused it, nothing is stored, and which line it is has to be found out. */
export async function appendAtOnce(
  { withClient, caller, asked }: Asking,
  {
    rows,
    ...given
  }: { rows: ImportRow[]; tagMeanings: Record<string, string>; keyed?: Keyed | undefined },
): Promise<Appended | undefined> {
  const { tagMeanings, keyed } = given;
  const importRows = `[${rows.map(encodeJsonRow).join()}]`;
  const { add, counts, results } = makeTally();
  try {
    const batches = await withClient({ credential: caller.hash }, (client) =>
      importAtOnce.run(
        { ...asked, ...keyed, importRows, tagMeanings },
        forQueries(client, 'import_at_once'),
      ),
    );
    for (const batch of batches) add(batch);
    const { new_tags: newTags = [], is_replayed: isReplayed = false } = batches[0] ?? {};
    return { counts, newTags, results, isReplayed };
  } catch (error) {
    if (error instanceof DatabaseError) return undefined;
    throw error;
  }
}
