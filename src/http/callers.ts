/** Who makes a request: known from its head, before anything else of it is read. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { BulkheadError } from '../errors.ts';
import { addressOf, readShown } from './credentials.ts';
import { type Caller, type Gate, isUnauthenticated } from './gate.ts';
import { refuseForeign } from './origin.ts';

/** The callers of requests that have been let in, and of sockets by the request that opened them. */
export const callers = new WeakMap<IncomingMessage, Caller>();

type Options = { gate: Gate; publicUrl: string | undefined };

/** Lets nobody pass who shows no valid token or session. */
export function requireCaller({ gate, publicUrl }: Options): RequestHandler {
  return async (request, _response, next) => {
    const shown = readShown(request.headers, publicUrl);
    if (!shown) throw nothingShown();
    if (shown.by === 'cookie' && request.method !== 'GET') {
      const refused = refuseForeign(request.headers, publicUrl);
      if (refused) throw refused;
    }
    const caller = await gate.admit(shown.hash, addressOf(request, publicUrl));
    await gate.count(caller);
    callers.set(request, caller);
    next();
  };
}

/** A person who is not signed in is shown where to. */
export function sendToSignIn(to: string, options: Options): RequestHandler {
  const admit = requireCaller(options);
  return async (request, response, next) => {
    try {
      await admit(request, response, next);
    } catch (error) {
      redirectStranger(error, response, to);
    }
  };
}

/** Of an error that says that nobody is signed in; throws any other. */
export function redirectStranger(error: unknown, response: Response, to: string): void {
  if (!isUnauthenticated(error)) throw error;
  response.set('Cache-Control', 'no-store').redirect(303, `/sign-in?to=${to}`);
}

/** A request without any credential. */
export function nothingShown(): BulkheadError {
  return new BulkheadError('UNAUTHENTICATED', 'the request shows neither a token nor a session', {
    hint: 'Send a token: Authorization: Bearer bhd_…. An owner of a suite makes one: bulkhead token create.',
  });
}
