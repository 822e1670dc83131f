/** Pulling over HTTP as a client does. */
import http from 'node:http';
import type { Api } from './api.ts';

/** Pulls a suite's cases with these parameters. */
export function pull(
  { url, headers }: Api,
  slug: string,
  query: Record<string, string> = {},
  more: { headers?: Record<string, string>; method?: string } = {},
): Promise<Response> {
  const target = `${url}/api/suites/${slug}/cases?${new URLSearchParams(query)}`;
  return fetch(target, { ...more, headers: { ...headers, ...more.headers } });
}

/** Begins a pull and reads nothing of its body. */
export function pullAndWait({ url, headers }: Api, slug: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get(`${url}/api/suites/${slug}/cases`, { headers }, resolve).on('error', reject);
  });
}
