/** A real browser, where this machine has one. */
import { existsSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Whether there is a browser to test with. Where there is none, the test passes and says that it did not run. */
export function hasBrowser(t: ExecutionContext): boolean {
  if (executablePath) return true;
  t.log('skipped: there is no chromium on this machine');
  t.pass();
  return false;
}

/** A window of a browser, and what it complained of: errors of scripts, refusals of the policy. */
export type Window = { context: BrowserContext; page: Page; complaints: string[] };

/** Opens a browser that knows nothing yet; it is closed when the test ends. */
export async function openBrowser(t: ExecutionContext): Promise<Window> {
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args });
  t.teardown(() => browser.close());
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}
