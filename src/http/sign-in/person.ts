/** Who somebody is, from what the sign-in provider says. */
import type { OidcConfig } from '../../config.ts';
import { BulkheadError } from '../../errors.ts';

/** The claims of an ID token, or of the provider's userinfo. */
export type Claims = Record<string, unknown>;

/** Somebody who has signed in, as the database is told. */
export type Person = { principal: string; displayName: string; groups: string[] };

type ClaimNames = Pick<OidcConfig, 'nameClaim' | 'groupsClaim'>;

/** Of more groups than this nobody is a member of a suite. */
const maxGroups = 1000;

/** Whether a principal can have this name (principal_is_a_kind_and_a_name). */
const isName = (given: unknown): given is string =>
  typeof given === 'string' && given.isWellFormed() && /^[^\p{Cc}]{1,200}$/u.test(given);

/** Makes a person of claims; refuses those by which nobody can be told from everybody else. */
export function personOf(claims: Claims, { nameClaim, groupsClaim }: ClaimNames): Person {
  const given = claims[nameClaim];
  if (!isName(given)) throw refused(`the sign-in provider does not say "${nameClaim}" of you`);
  if (nameClaim === 'email' && claims.email_verified !== true)
    throw refused('the sign-in provider has not verified your e-mail address');
  // The admin of a sign-in link, whom a provider must not be able to name.
  if (given.toLowerCase() === 'local') throw refused('the name "local" is taken by this machine');
  return {
    principal: `person:${given}`,
    displayName: displayName(claims),
    groups: groupsOf(claims[groupsClaim]),
  };
}

function displayName({ name: full, preferred_username: short, email }: Claims): string {
  const found = [full, short, email].find((one) => typeof one === 'string' && one.trim() !== '');
  return [...String(found ?? '').replace(/\p{Cc}+/gu, ' ')].slice(0, 200).join('');
}

/** A list of names, or one name; of anything else in it nothing is made. */
function groupsOf(claim: unknown): string[] {
  const all = Array.isArray(claim) ? claim : [claim];
  return [...new Set(all.filter(isName))].slice(0, maxGroups).map((one) => `group:${one}`);
}

const refused = (message: string) =>
  new BulkheadError('UNAUTHENTICATED', message, { hint: 'Ask who runs Bulkhead here.' });
