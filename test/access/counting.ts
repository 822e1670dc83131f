/** How often a server of this process asks a database. */
import pg from 'pg';

type Asked = { application: string; text: string };

/**
 * Counts statements on their way to a database, by wrapping the driver: they are sent all the same.
 * `test` is the application name of the pools of tests, which do not count.
 */
export function countStatements(database: string) {
  const asked: Asked[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const { connectionParameters } = this as unknown as {
      connectionParameters: { application_name?: string };
    };
    const application = connectionParameters.application_name ?? '';
    const [statement] = args as [string | { text?: string }];
    const text = typeof statement === 'string' ? statement : (statement?.text ?? '');
    if (this.database === database && !application.includes('test'))
      asked.push({ application, text });
    return (query as (...all: unknown[]) => unknown).apply(this, args);
  } as never;
  return {
    /** What was asked since the last time. */
    take: (): Asked[] => asked.splice(0),
    stop() {
      pg.Client.prototype.query = query;
    },
  };
}
