/**
 * graphql-ws on a socket of ws. The adapter that graphql-ws brings is one to copy: it writes what goes wrong to stderr, past
 * the log, and with a frame that is none anybody can make something go wrong.
 */
import type { IncomingMessage } from 'node:http';
import { CloseCode, type Server } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../logger.ts';

/** Milliseconds from one ping to the next; a socket that has not answered by then is gone. */
const pingEvery = 12_000;

/** Speaks the protocol with a socket that was opened, until it closes. */
export function speak(
  protocol: Server<Extra>,
  { socket, request, logger }: { socket: WebSocket; request: IncomingMessage; logger: Logger },
): void {
  // ws closes it by itself, with the code that says why
  socket.on('error', (error) => logger.debug({ err: error }, 'a socket failed'));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => send(socket, text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', async (message) => {
          try {
            await take(String(message));
          } catch (error) {
            logger.error({ err: error }, 'a message over a socket failed');
            socket.close(CloseCode.InternalServerError, 'Internal server error');
          }
        }),
    },
    { socket, request },
  );
  const stopPinging = keepAlive(socket);
  socket.once('close', (code, reason) => {
    stopPinging();
    closed(code, String(reason));
  });
}

/** What cannot be sent has no reader any more: the socket closes, and with it ends what it has asked for. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
    else resolve();
  });
}

function keepAlive(socket: WebSocket): () => void {
  let isThere = true;
  socket.on('pong', () => {
    isThere = true;
  });
  const pinging = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  }, pingEvery);
  return () => clearInterval(pinging);
}
