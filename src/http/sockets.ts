/** Subscriptions: GraphQL over WebSocket, at the same address as GraphQL. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, makeServer } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { type GrafservBase, makeGraphQLWSConfig } from 'postgraphile/grafserv';
import { WebSocketServer } from 'ws';
import { limits } from '../graphql/limits.ts';
import { keepDigits } from '../json.ts';
import type { Logger } from '../logger.ts';
import { callers as letIn } from './callers.ts';
import { readShown } from './credentials.ts';
import type { Gate } from './gate.ts';
import { refuseForeign } from './origin.ts';
import { makeSocketCallers, type SocketContext } from './socket-callers.ts';
import { speak } from './socket-protocol.ts';

/** How long a socket that is told to close may take. */
const patience = 1000;

/** Milliseconds in which whoever has opened a socket says who they are. */
const introduction = 10_000;

/** Bytes that may come over a socket before it is let in: a first message is a few hundred. */
const firstBytes = 64 * 1024;

export type SocketsOptions = {
  server: Server;
  handler: GrafservBase;
  gate: Gate;
  publicUrl: string | undefined;
  logger: Logger;
};

/** Whether a request wants to become a socket. Any other upgrade that is offered, such as h2c, may be passed over. */
export const isWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

/** Takes upgrades of the server; `stop` ends all subscriptions. */
export function startSockets({ server, handler, gate, publicUrl, logger }: SocketsOptions) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.body,
    handleProtocols,
  });
  const config = makeGraphQLWSConfig(handler);
  const callers = makeSocketCallers({ gate, publicUrl });
  const protocol = makeServer<SocketContext['connectionParams'], Extra>({
    ...config,
    jsonMessageReviver: keepDigits,
    connectionInitWaitTimeout: introduction,
    onConnect: (context) => callers.admit(context as SocketContext),
    onClose: (context) => callers.leave(context as SocketContext),
    onSubscribe: async (context, id, payload) =>
      (await callers.refuseSubscription(context as SocketContext)) ??
      config.onSubscribe?.(context as never, id, payload),
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] !== '/graphql') return refuse(socket, '404 Not Found');
    const shown = readShown(request.headers, publicUrl);
    if (shown?.by === 'cookie' && refuseForeign(request.headers, publicUrl))
      return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (opened) => {
      limitStranger(request, socket);
      speak(protocol, { socket: opened, request, logger });
    });
  });
  return {
    recheck: callers.recheck,
    async stop() {
      const terminate = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, patience);
      for (const client of sockets.clients) client.close(1001, 'Going away');
      await new Promise((resolve) => sockets.close(resolve));
      clearTimeout(terminate);
    },
  };
}

/** A message is kept until it is whole; nobody who has not been let in can make that much. */
function limitStranger(request: IncomingMessage, socket: Duplex): void {
  let left = firstBytes;
  const count = (piece: Buffer) => {
    if (letIn.has(request)) return socket.off('data', count);
    left -= piece.length;
    if (left < 0) socket.destroy();
  };
  socket.on('data', count);
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
