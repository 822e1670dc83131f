/** Subscriptions: GraphQL over WebSocket, at the same address as GraphQL. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { useServer } from 'graphql-ws/use/ws';
import { type GrafservBase, makeGraphQLWSConfig } from 'postgraphile/grafserv';
import { WebSocketServer } from 'ws';
import { limits } from '../graphql/limits.ts';
import { refuseForeign } from './origin.ts';

/** How long a socket that is told to close may take. */
const patience = 1000;

/** Takes upgrades of the server; `stop` ends all subscriptions. */
export function startSockets(server: Server, grafserv: GrafservBase) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.body });
  const subscriptions = useServer(makeGraphQLWSConfig(grafserv), sockets);
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] !== '/graphql') return refuse(socket, '404 Not Found');
    if (refuseForeign(request.headers)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.emit('connection', opened, request);
    });
  });
  return {
    async stop() {
      const terminate = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, patience);
      await subscriptions.dispose();
      clearTimeout(terminate);
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
