/** What the audit log has, in few words. */
import type { Queryable } from './cases.ts';

/** An event of `bulkhead.audit_log`; ids are strings, as pg reads bigint. */
export type AuditEvent = {
  id: string;
  at: Date;
  principal: string;
  action: string;
  subject: string;
  subject_id: string | null;
  operation_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
};

/** The events of a suite (0: of the instance), the oldest first; those after an event, if one is given. */
export async function events(
  db: Queryable,
  suiteId: string | number,
  after: Pick<AuditEvent, 'id'> = { id: '0' },
): Promise<AuditEvent[]> {
  const { rows } = await db.query(
    `select id, at, principal, action, subject, subject_id, operation_id, before, after
     from bulkhead.audit_log where suite_id = $1 and id > $2 order by id`,
    [suiteId, after.id],
  );
  return rows;
}

/** The last event that there is, to ask later what has come after it. */
export async function lastEvent(db: Queryable): Promise<Pick<AuditEvent, 'id'>> {
  const { rows } = await db.query('select coalesce(max(id), 0) as id from bulkhead.audit_log');
  return rows[0];
}

/** Runs something, and says which events of a suite have come by it. */
export async function eventsOf(
  db: Queryable,
  suiteId: string | number,
  work: () => Promise<unknown>,
): Promise<AuditEvent[]> {
  const before = await lastEvent(db);
  await work();
  return events(db, suiteId, before);
}

/** Events as lines: `created tag rag`, `changed case 7 (status)`. */
export function lines(list: AuditEvent[]): string[] {
  return list.map(({ action, subject, subject_id, before, after }) => {
    const columns = action === 'changed' ? Object.keys({ ...before, ...after }).sort() : [];
    const what = [action, subject, subject_id].filter(Boolean).join(' ');
    return columns.length > 0 ? `${what} (${columns.join(', ')})` : what;
  });
}
