/** What each route answers whom, and how the routes of a server that runs are found. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Who asks: somebody who is let in, somebody who shows nothing, or what is no credential. */
export type Visitor = 'let in' | 'nobody' | 'refused';

/** A method and a path, with the status for each. */
export type Route = {
  method: string;
  path: string;
  body?: string;
  answers: Record<Visitor, number>;
};

const open = (status: number) => ({ 'let in': status, nobody: status, refused: status });
const closed = (status: number) => ({ 'let in': status, nobody: 401, refused: 401 });
const page = (status: number) => ({ 'let in': status, nobody: 303, refused: 303 });
const me = '{"query":"{ me { principal } suites { totalCount } }"}';

/** A route of the server that is not here is a mistake. */
export const routes: Route[] = [
  { method: 'GET', path: '/healthz', answers: open(200) },
  { method: 'GET', path: '/readyz', answers: open(200) },
  { method: 'GET', path: '/favicon.ico', answers: open(200) },
  { method: 'POST', path: '/graphql', body: me, answers: closed(200) },
  { method: 'GET', path: '/graphql', answers: closed(405) },
  { method: 'PUT', path: '/graphql', body: me, answers: closed(405) },
  { method: 'DELETE', path: '/graphql', answers: closed(405) },
  { method: 'OPTIONS', path: '/graphql', answers: closed(405) },
  { method: 'GET', path: '/graphql/stream', answers: closed(405) },
  { method: 'POST', path: '/graphql/', body: me, answers: closed(404) },
  { method: 'GET', path: '/api/openapi.json', answers: open(200) },
  { method: 'GET', path: '/api/suites/:slug/cases', answers: closed(404) },
  { method: 'POST', path: '/api/suites/:slug/cases', body: '[]', answers: closed(404) },
  { method: 'PUT', path: '/api/suites/:slug/cases', body: '[]', answers: closed(405) },
  { method: 'PATCH', path: '/api/suites/:slug/cases', body: '[]', answers: closed(405) },
  { method: 'DELETE', path: '/api/suites/:slug/cases', answers: closed(405) },
  { method: 'GET', path: '/api/nothing', answers: closed(404) },
  { method: 'GET', path: '/ruru', answers: page(200) },
  { method: 'GET', path: '/ruru-static/nothing.js', answers: open(404) },
  { method: 'GET', path: '/', answers: page(200) },
  { method: 'GET', path: '/sign-in', answers: open(200) },
  { method: 'POST', path: '/sign-in', body: 'token=', answers: open(401) },
  { method: 'HEAD', path: '/sign-in/link', answers: open(200) },
  { method: 'GET', path: '/sign-in/link', answers: open(401) },
  { method: 'HEAD', path: '/sign-in/oidc', answers: open(200) },
  { method: 'GET', path: '/sign-in/oidc', answers: open(404) },
  { method: 'HEAD', path: '/sign-in/oidc/callback', answers: open(200) },
  { method: 'GET', path: '/sign-in/oidc/callback', answers: open(404) },
  { method: 'POST', path: '/sign-out', answers: open(303) },
  { method: 'GET', path: '/nothing', answers: open(404) },
];

type Layer = {
  name: string;
  slash?: boolean;
  route?: { path: string | string[]; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  match(path: string): boolean;
};

/** The routes of a router and of those within it, and the middleware that belongs to a path. */
export function routesOf(stack: Layer[]): { routes: string[]; mounted: Layer[] } {
  const found: { routes: string[]; mounted: Layer[] } = { routes: [], mounted: [] };
  for (const layer of stack) {
    const inner = layer.handle.stack && routesOf(layer.handle.stack);
    found.routes.push(...(inner?.routes ?? []));
    found.mounted.push(...(inner?.mounted ?? []));
    if (layer.route)
      for (const method of Object.keys(layer.route.methods))
        for (const path of [layer.route.path].flat())
          found.routes.push(`${method.toUpperCase()} ${path}`);
    else if (!layer.slash && !inner) found.mounted.push(layer);
  }
  return found;
}

type Application = { router: { stack: Layer[] } };

/** The application that answers at an address of this process, as Node.js tells of its requests. */
export async function findApplication(url: string): Promise<Application> {
  const { port } = new URL(url);
  let found: Application | undefined;
  const look = (message: unknown) => {
    const { request } = message as { request: IncomingMessage & { app?: Application } };
    if (request.headers.host?.endsWith(`:${port}`)) found = request.app;
  };
  subscribe('http.server.response.finish', look);
  await (await fetch(`${url}/healthz`)).arrayBuffer();
  for (let turn = 0; turn < 100 && !found; turn++) await new Promise(setImmediate);
  unsubscribe('http.server.response.finish', look);
  if (!found) throw new Error(`no application answers at ${url}`);
  return found;
}
