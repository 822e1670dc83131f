/** Where one goes after signing in. */

const nowhere = 'http://nowhere.invalid';

/**
 * A path of this server, or / for anything that a browser could take for another place: `//host`,
 * `/\host`, and what becomes one of them when dots are resolved. The pages of signing in itself
 * are no place to go to either.
 */
export function localPath(to: unknown): string {
  if (typeof to !== 'string' || !/^\/(?![/\\])/.test(to) || !URL.canParse(to, nowhere)) return '/';
  const { origin, pathname, search, hash } = new URL(to, nowhere);
  if (origin !== nowhere || pathname.startsWith('//')) return '/';
  if (/^\/sign-(in|out)(\/|$)/i.test(pathname)) return '/';
  return pathname + search + hash;
}
