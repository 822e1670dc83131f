/** What every way of signing in does: count those that fail, and hand out the session's cookie. */
import type { CookieOptions, Request, Response } from 'express';
import { cookieName } from '../credentials.ts';
import { type Gate, isUnauthenticated } from '../gate.ts';
import { isHttps } from '../origin.ts';
import { makeTurns } from '../turns.ts';

/** What the routes share. */
export type Desk = {
  /** Runs an attempt to sign in; whose address has failed too often is turned away before. */
  attempt<T>(request: Request, work: () => Promise<T>): Promise<T>;
  /** The same for what could be guessed: one after the other for an address, or of many at once all would get through. */
  guess<T>(request: Request, work: () => Promise<T>): Promise<T>;
  /** Gives the browser its session, and sends it on. */
  letIn(response: Response, session: Session, to: string): void;
  /** Takes the session back from the browser. */
  letGo(response: Response): void;
};

/** The secret of a session, and for how many seconds a browser keeps it. */
export type Session = { secret: string; seconds: number };

type DeskOptions = { publicUrl: string | undefined; gate: Pick<Gate, 'failures'> };

/** Makes the desk. */
export function makeDesk({ publicUrl, gate: { failures } }: DeskOptions): Desk {
  const inTurn = makeTurns();
  const attempt: Desk['attempt'] = async ({ ip = '' }, work) => {
    await failures.check(ip);
    try {
      return await work();
    } catch (error) {
      if (isUnauthenticated(error)) await failures.add(ip);
      throw error;
    }
  };
  /**
   * Lax and not Strict: a link from a chat, and the way back from a sign-in provider, would
   * otherwise arrive without it. What changes anything is a POST, whose origin is checked.
   */
  const cookie: CookieOptions = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isHttps(publicUrl),
  };
  return {
    attempt,
    guess: (request, work) => inTurn(request.ip ?? '', () => attempt(request, work)),
    letIn(response, { secret, seconds }, to) {
      response.cookie(cookieName(publicUrl), secret, { ...cookie, maxAge: seconds * 1000 });
      response.set('Cache-Control', 'no-store').redirect(303, to);
    },
    letGo(response) {
      response.clearCookie(cookieName(publicUrl), cookie);
    },
  };
}
