/**
 * Whose sockets are open. A socket outlives the request that opened it, so its caller is looked at
 * again whenever the database says that somebody's rights have changed, and when the token or
 * session expires; a socket of somebody who is let in no more is closed, whatever it waits for.
 */
import type { Context } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { BulkheadError, describeError } from '../errors.ts';
import { refusal } from '../graphql/errors.ts';
import { limits } from '../graphql/limits.ts';
import { callers, nothingShown } from './callers.ts';
import { addressOf, readShown } from './credentials.ts';
import { type Caller, type Gate, isUnauthenticated } from './gate.ts';

/** What graphql-ws knows of a socket. */
export type SocketContext = Context<Record<string, unknown>, Extra>;

/** Codes with which a socket is closed; those of HTTP and 4000, as graphql-ws has them. */
const unauthenticated = 4401;
const tooMany = 4429;

/** Milliseconds until a database that did not answer is asked again. */
const retryAfter = 5000;

/** A timer cannot wait longer. */
const longestWait = 2 ** 31 - 1;

type Open = { caller: Caller; context: SocketContext; timer?: NodeJS.Timeout };
type Options = { gate: Gate; publicUrl: string | undefined };

/** Makes the register of open sockets. */
export function makeSocketCallers({ gate, publicUrl }: Options) {
  const open = new Map<SocketContext, Open>();

  async function look(one: Open): Promise<void> {
    try {
      one.caller = await gate.recheck(one.caller);
      if (open.has(one.context)) waitForEnd(one);
    } catch (error) {
      if (isUnauthenticated(error))
        return close(one.context, unauthenticated, 'the token or session is not valid any more');
      // While the database does not answer, nothing is read either.
      clearTimeout(one.timer);
      if (open.has(one.context)) one.timer = setTimeout(() => look(one), retryAfter).unref();
    }
  }

  function waitForEnd(one: Open): void {
    clearTimeout(one.timer);
    if (one.caller.expiresAt === Number.POSITIVE_INFINITY) return;
    // The clock of the database may be a little behind, and is not asked all the time.
    const rest = Math.max(250, one.caller.expiresAt - Date.now());
    one.timer = setTimeout(() => look(one), Math.min(rest, longestWait));
    one.timer.unref();
  }

  return {
    /** Lets a socket in, or closes it. */
    async admit(context: SocketContext): Promise<boolean> {
      try {
        const caller = await admit(gate, context, publicUrl);
        const others = [...open.values()].filter((one) => one.caller.hash === caller.hash);
        if (others.length >= limits.sockets) {
          close(context, tooMany, `A token or session has ${limits.sockets} sockets at most`);
          return false;
        }
        const one: Open = { caller, context };
        open.set(context, one);
        callers.set(context.extra.request, caller);
        waitForEnd(one);
        return true;
      } catch (error) {
        const code = (describeError(error)?.entry.httpStatus ?? 500) + 4000;
        close(context, code, describeError(error)?.message ?? 'Something went wrong');
        return false;
      }
    },

    /** Says why a subscription, or another request over the socket, is not taken. */
    async refuseSubscription(context: SocketContext) {
      const one = open.get(context);
      if (!one) return [refusal(nothingShown())];
      try {
        await gate.count(one.caller);
        if (Object.keys(context.subscriptions).length <= limits.subscriptions) return undefined;
        throw new BulkheadError(
          'RATE_LIMITED',
          `a socket has ${limits.subscriptions} subscriptions at most`,
        );
      } catch (error) {
        if (error instanceof BulkheadError) return [refusal(error)];
        throw error;
      }
    },

    leave(context: SocketContext): void {
      clearTimeout(open.get(context)?.timer);
      open.delete(context);
    },

    /** Looks again at the sockets of a principal; null: at all. */
    recheck(principal: string | null): void {
      for (const one of open.values())
        if (principal === null || one.caller.principal === principal) look(one);
    },
  };
}

/** By what the upgrade shows, or by the first message, which is all that a page can add. */
function admit(
  gate: Gate,
  { extra, connectionParams }: SocketContext,
  publicUrl: string | undefined,
): Promise<Caller> {
  const { request } = extra;
  const authorization = connectionParams?.authorization;
  const given = typeof authorization === 'string' ? { authorization } : request.headers;
  const shown = readShown(given, publicUrl);
  if (!shown) throw nothingShown();
  return gate.admit(shown.hash, addressOf(request, publicUrl));
}

function close({ extra }: SocketContext, code: number, reason: string): void {
  extra.socket.close(code, reason.slice(0, 120));
}
