/** Secrets that look like real ones, and that nobody was given. */
import { createHash, randomBytes } from 'node:crypto';

/** Makes one of this kind: bhd_ token, bhs_ session, bhl_ sign-in link. */
export function guess(prefix: string): string {
  const text = prefix + randomBytes(20).toString('hex');
  return text + createHash('sha256').update(text).digest('hex').slice(0, 8);
}
