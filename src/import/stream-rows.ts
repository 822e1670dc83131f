/** Rows of a query one by one, as they arrive. */
import pg, { type ClientBase } from 'pg';

/**
 * A connection for one of the generated queries whose rows are too many to have at once: each is given
 * to `onRow`, and the query itself then returns none.
 */
export function streamRows<Row>(client: ClientBase, onRow: (row: Row) => void) {
  return {
    query(text: string, values: unknown[]): Promise<{ rows: never[]; rowCount: number }> {
      return new Promise((resolve, reject) => {
        // With listeners, and without a callback, the driver keeps no row.
        const query = client.query(new pg.Query({ text, values } as pg.QueryConfig));
        let rowCount = 0;
        let broken: unknown;
        query.on('row', (row) => {
          rowCount += 1;
          try {
            if (!broken) onRow(withNames(row));
          } catch (error) {
            broken = error;
          }
        });
        query.on('error', reject);
        query.on('end', () => (broken ? reject(broken) : resolve({ rows: [], rowCount })));
      });
    },
  };
}

/** A column that the query calls "cases!", because it is never null, is `cases`. */
function withNames<Row>(row: Record<string, unknown>): Row {
  const entries = Object.entries(row).map(([name, value]) => [name.replace(/[!?]$/, ''), value]);
  return Object.fromEntries(entries);
}
