/** The frame of the few pages that the server makes itself: no scripts, nothing from elsewhere. */
import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { type Html, html } from './html.ts';

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d5dd, #3b4252); --soft: light-dark(#5b6472, #a3acba);
  --accent: light-dark(#0b5cad, #7cb8ff); --on-accent: light-dark(#fff, #0d1b2a); --bad: light-dark(#a4161a, #ff9b9b); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f5f7fa, #14181f); color: light-dark(#1b2430, #e6eaf0); }
main { max-width: 38rem; overflow-x: auto; margin: 8vh auto; padding: 2rem; background: light-dark(#fff, #1c222c); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; } h2 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { width: 100%; padding: .6rem .7rem; font: inherit; font-family: ui-monospace, monospace; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 8px; }
button, .button { display: inline-block; margin-top: 1rem; padding: .55rem 1.1rem; font: inherit; font-weight: 600; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: 8px; cursor: pointer; }
.plain { color: var(--accent); background: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); } .soft { color: var(--soft); } .bad { color: var(--bad); font-weight: 600; }
hr { margin: 1.75rem 0 .75rem; border: 0; border-top: 1px solid var(--line); }
table { width: 100%; border-collapse: collapse; } th, td { padding: .4rem .5rem .4rem 0; text-align: left; border-bottom: 1px solid var(--line); }
code { font-family: ui-monospace, monospace; font-size: .92em; }
@media (max-width: 42rem) { main { margin: 0; min-height: 100vh; border: 0; border-radius: 0; } }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** Stricter than that of the other pages (helmet's): there is no script, and no form goes elsewhere. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Three compartments: what browsers ask each server for. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5cad"/><path d="M3 4h2.6v8H3zM6.7 4h2.6v8H6.7zM10.4 4H13v8h-2.6z" fill="#fff"/></svg>`;

/** Sends a page. It is kept by nobody, since each depends on who asks. */
export function sendPage(response: Response, title: string, body: Html): void {
  response.set({
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
    // with no-referrer a form would be sent with the origin "null"
    'Referrer-Policy': 'same-origin',
  });
  response.type('html').send(frame(title, body).html);
}

const frame = (title: string, body: Html) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Bulkhead</title>
<style>${{ html: style }}</style>
</head>
<body><main>
<h1>${title}</h1>
${body}
</main></body>
</html>
`;
