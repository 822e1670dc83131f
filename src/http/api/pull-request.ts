/** What a request to pull asks for. */
import type { Request } from 'express';
import { BulkheadError } from '../../errors.ts';
import type { Format } from '../../formats/format.ts';
import { findFormat } from '../../formats/registry.ts';
import { readQuery } from './query.ts';

/** Which cases: by expression and status, as they were frozen, or what a route selects now. */
export type Selection =
  | { by: 'tags'; where: string | null; status: string | null }
  | { by: 'snapshot'; name: string }
  | { by: 'route'; name: string };

export type PullRequest = {
  slug: string;
  selection: Selection;
  format: Format;
  /** Whether cells that a spreadsheet would run are guarded. */
  guardFormulas: boolean;
};

const parameters = ['where', 'status', 'snapshot', 'route', 'format', 'guard'];

/** Reads it; whatever cannot be taken is refused by name. */
export function readPullRequest(request: Request): PullRequest {
  const query = readQuery(request, parameters);
  return {
    slug: String(request.params.slug),
    selection: readSelection(query),
    format: findFormat(query.one('format') ?? 'jsonl'),
    guardFormulas: query.flag('guard'),
  };
}

function readSelection(query: ReturnType<typeof readQuery>): Selection {
  const asked = ['snapshot', 'route', 'where', 'status'].filter((name) => query.one(name));
  const [first, second] = asked;
  if (second !== undefined && first !== 'where')
    throw new BulkheadError('BAD_REQUEST', `${first} and ${second} exclude each other`, {
      detail:
        'A snapshot is pulled as it was frozen, and a route says itself which cases it selects.',
      hint: 'Ask for a snapshot, for a route, or for cases by where and status.',
    });
  const [snapshot, route] = [query.one('snapshot'), query.one('route')];
  if (snapshot !== undefined) return { by: 'snapshot', name: snapshot };
  if (route !== undefined) return { by: 'route', name: route };
  const status = query.choice('status', ['active', 'archived', 'all']);
  return {
    by: 'tags',
    where: query.one('where') ?? null,
    status: status === 'all' ? null : status,
  };
}
