/** What the pages of signing in say. */
import type { Response } from 'express';
import type { KnownError } from '../../errors.ts';
import { html } from './html.ts';
import { sendPage } from './page.ts';

type SignInPage = {
  /** Where one goes afterwards. */
  to: string;
  /** Host of the sign-in provider, if there is one. */
  provider?: string | undefined;
  /** Why it did not work. */
  problem?: KnownError | undefined;
};

/** The page with the field for a token. */
export function sendSignInPage(response: Response, { to, provider, problem }: SignInPage): void {
  const described = problem ? 'problem' : 'what-token';
  sendPage(
    response,
    'Sign in to Bulkhead',
    html`${problem && html`<p class="bad" id="problem" role="alert">${sentence(problem.message)}</p>`}
<form method="post" action="/sign-in" autocomplete="off">
<input type="hidden" name="to" value="${to}">
<label for="token">Token</label>
<input id="token" name="token" type="password" required maxlength="200" autocomplete="off" spellcheck="false"
 autocapitalize="none" placeholder="bhd_…" aria-describedby="${described}"${problem && html` aria-invalid="true"`}>
<p class="soft" id="what-token">An owner of a suite makes one: <code>bulkhead token create</code>.
On the machine that Bulkhead runs on, <code>bulkhead sign-in-link</code> prints a link that needs none.</p>
<button type="submit">Sign in</button>
</form>
${
  provider &&
  html`<hr><a class="button plain" href="/sign-in/oidc?to=${encodeURIComponent(to)}">Sign in with ${provider}</a>`
}`,
  );
}

/** A page for an error of the registry, with the status that belongs to it. */
export function sendErrorPage(response: Response, { entry, message, detail, hint }: KnownError) {
  if (response.statusCode < 400) response.status(entry.httpStatus);
  sendPage(
    response,
    'That did not work',
    html`<p class="bad" role="alert">${sentence(message)}</p>
${detail && html`<p>${detail}</p>`}
${hint && html`<p>${hint}</p>`}
<p class="soft">${entry.name}</p>
<p><a class="button plain" href="/sign-in">To the sign-in page</a></p>`,
  );
}

const sentence = (message: string) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
