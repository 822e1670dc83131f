/** A browser as far as signing in needs one: cookies, redirects and forms, but no scripts. */
import { parseSetCookie, stringifyCookie } from 'cookie';

type Cookie = ReturnType<typeof parseSetCookie> & { host: string };

/** A page that a visitor has come to. */
export type Page = { url: string; status: number; headers: Headers; text: string };

export type Visitor = {
  /** One request, with the cookies that belong to it; redirects are shown and not followed. */
  ask(url: string | URL, init?: RequestInit): Promise<Page>;
  /** Goes where redirects lead, up to an address that begins with `until`. */
  visit(url: string | URL, init?: RequestInit, until?: string): Promise<Page>;
  /** Sends a form, as a page of the same site would. */
  submit(url: string | URL, fields: Record<string, string>, origin?: string): Promise<Page>;
  /** The cookie of this name, to look at and to tamper with. */
  cookie(name: string): Cookie | undefined;
  /** Puts a cookie there as it is. */
  put(cookie: Cookie): void;
};

/** Makes one, with an empty jar. */
export function makeVisitor(): Visitor {
  let jar: Cookie[] = [];

  function keep(url: URL, headers: Headers) {
    for (const line of headers.getSetCookie()) {
      const cookie = { path: '/', ...parseSetCookie(line), host: url.hostname };
      const { name, path, host } = cookie;
      jar = jar.filter((one) => one.name !== name || one.path !== path || one.host !== host);
      const over = cookie.maxAge === 0 || (cookie.expires && cookie.expires < new Date());
      if (!over) jar.push(cookie);
    }
  }

  async function ask(address: string | URL, init: RequestInit = {}): Promise<Page> {
    const url = new URL(address);
    const headers = new Headers(init.headers);
    const mine = jar.filter((one) => one.host === url.hostname && isWithin(url.pathname, one.path));
    if (mine.length > 0)
      headers.set(
        'cookie',
        stringifyCookie(Object.fromEntries(mine.map((one) => [one.name, one.value]))),
      );
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    keep(url, answer.headers);
    return {
      url: url.href,
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
    };
  }

  async function visit(address: string | URL, init?: RequestInit, until?: string): Promise<Page> {
    let page = await ask(address, init);
    for (let steps = 0; steps < 10; steps++) {
      const location = page.headers.get('location');
      if (page.status < 300 || page.status > 399 || !location) break;
      const next = new URL(location, page.url);
      if (until && next.href.startsWith(until)) return { ...page, url: next.href };
      page = await ask(next);
    }
    return page;
  }

  return {
    ask,
    visit,
    submit: (url, fields, origin = new URL(url).origin) =>
      ask(url, { method: 'POST', body: new URLSearchParams(fields), headers: { origin } }),
    cookie: (name) => jar.find((one) => one.name === name),
    put: (cookie) => {
      jar = [...jar.filter((one) => one.name !== cookie.name), cookie];
    },
  };
}

function isWithin(pathname: string, path = '/'): boolean {
  return path === '/' || pathname === path || pathname.startsWith(`${path}/`);
}
