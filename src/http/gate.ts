/**
 * Who is let in. The database decides that again in each transaction, so what is remembered here
 * decides nothing of what anybody sees: it saves the usual request a question before GraphQL, whose
 * schema is not for strangers either, reads it.
 */
import type pg from 'pg';
import { BulkheadError, describeError } from '../errors.ts';
import { useCredential } from '../graphql/request-client.ts';
import { type Failures, makeFailures, makeRequestCount } from './rates.ts';
import { makeTurns } from './turns.ts';

/** Whoever has been let in: the SHA-256 of the token or session, in hex, and whose it is. */
export type Caller = {
  hash: string;
  principal: string;
  kind: 'token' | 'session';
  /** Milliseconds since 1970; Infinity: never. */
  expiresAt: number;
};

export type Gate = {
  /** Requests that one token or session may make in a minute. */
  rateLimit: number;
  /** The caller who shows this, from this address; rejects strangers. */
  admit(hash: Buffer | undefined, address: string): Promise<Caller>;
  /** One more request of a caller; rejects if that is too many. */
  count(caller: Caller): Promise<void>;
  /** Asks the database whether a caller may still be here. */
  recheck(caller: Caller): Promise<Caller>;
  /** What is known of this credential counts no more. */
  forget(hash: string): void;
  /** The same for all credentials of a principal; null: of everybody. */
  doubt(principal: string | null): void;
  failures: Failures;
};

/** For how long an answer of the database is remembered, in milliseconds. */
const freshness = 30_000;

/** How many callers are remembered. */
const maxKnown = 10_000;

/** How often the database is asked again while rights are changing. */
const maxRounds = 5;

type Known = Caller & { checkedAt: number };

/** Makes a gate. The pool's connections have to be in the role of requests. */
export function makeGate({ pool, rateLimit }: { pool: pg.Pool; rateLimit: number }): Gate {
  const known = new Map<string, Known>();
  const failures = makeFailures();
  const [ofAddress, ofCredential] = [makeTurns(), makeTurns()];
  let doubts = 0;

  async function recheck({ hash }: Pick<Caller, 'hash'>): Promise<Caller> {
    try {
      for (let rounds = 1; ; rounds++) {
        const [before, checkedAt] = [doubts, Date.now()];
        const caller = { ...(await ask(pool, hash)), checkedAt };
        // The answer may be older than what was said in the meantime.
        if (before !== doubts && rounds < maxRounds) continue;
        remember(known, caller);
        return caller;
      }
    } catch (error) {
      if (isUnauthenticated(error)) known.delete(hash);
      throw error;
    }
  }

  /** One after the other for an address: of guesses at the same time no more get through than of others. */
  const askForStranger = (hash: string, address: string) =>
    ofAddress(address, async () => {
      await failures.check(address);
      try {
        return await ofCredential(hash, async () => findFresh(known, hash) ?? recheck({ hash }));
      } catch (error) {
        if (isUnauthenticated(error)) await failures.add(address);
        throw error;
      }
    });

  return {
    rateLimit,
    failures,
    recheck,
    count: countBy(makeRequestCount(rateLimit)),
    async admit(shown, address) {
      if (!shown) {
        await failures.check(address);
        await failures.add(address);
        throw notValid();
      }
      const hash = shown.toString('hex');
      const fresh = findFresh(known, hash);
      if (fresh) return fresh;
      // Of one that was good before, nobody makes a guess: others at its address cannot shut it out.
      if (known.has(hash))
        return ofCredential(hash, async () => findFresh(known, hash) ?? recheck({ hash }));
      return askForStranger(hash, address);
    },
    forget: (hash) => known.delete(hash),
    doubt(principal) {
      doubts += 1;
      for (const one of known.values())
        if (principal === null || one.principal === principal) one.checkedAt = 0;
    },
  };
}

const countBy = (count: (hash: string) => Promise<void>) => (caller: Caller) => count(caller.hash);

function findFresh(known: Map<string, Known>, hash: string): Known | undefined {
  const found = known.get(hash);
  const now = Date.now();
  if (!found || found.checkedAt + freshness < now || found.expiresAt <= now) return undefined;
  remember(known, found);
  return found;
}

/** The one used last is at the end, and the first goes when there are too many. */
function remember(known: Map<string, Known>, caller: Known): void {
  known.delete(caller.hash);
  known.set(caller.hash, caller);
  if (known.size <= maxKnown) return;
  for (const hash of known.keys()) {
    known.delete(hash);
    break;
  }
}

async function ask(pool: pg.Pool, hash: string): Promise<Caller> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query(useCredential(Buffer.from(hash, 'hex')));
    const { principal, kind, expires_at } = rows[0];
    return { hash, principal, kind, expiresAt: Number(expires_at) };
  } finally {
    client.release();
  }
}

/** Whether it is the credential that is wrong, and not the server. */
export function isUnauthenticated(error: unknown): boolean {
  return describeError(error)?.entry.name === 'UNAUTHENTICATED';
}

/** The words of bulkhead.use_credential, so that nobody can tell who has looked. */
function notValid(): BulkheadError {
  return new BulkheadError('UNAUTHENTICATED', 'the token or session is not valid', {
    detail: 'It is unknown, has expired or was revoked.',
    hint: 'Sign in again, or ask an owner of the suite for a new token: bulkhead token create.',
  });
}
