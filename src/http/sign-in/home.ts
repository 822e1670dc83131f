/** The page at /: who one is, and what one reaches. */
import type { Response } from 'express';
import { forQueries, type WithRequestClient } from '../../graphql/request-client.ts';
import {
  describeMe,
  type IDescribeMeResult,
  type IListMySuitesResult,
  listMySuites,
} from '../../queries/sign-in.queries.ts';
import type { Caller } from '../gate.ts';
import { html } from './html.ts';
import { sendPage } from './page.ts';

type Home = { me: IDescribeMeResult | undefined; suites: IListMySuitesResult[] };

/** Reads what the page says, in a transaction that acts for the caller. */
export function readHome(withClient: WithRequestClient, { hash }: Caller): Promise<Home> {
  return withClient({ credential: hash }, (client) =>
    client.withTransaction(async (inner) => {
      const [me] = await describeMe.run(undefined, forQueries(inner));
      return { me, suites: await listMySuites.run(undefined, forQueries(inner)) };
    }),
  );
}

const none = 'None that you may see. An owner of a suite makes you a member of it.';

/** Sends the page. */
export function sendHome(response: Response, { me, suites }: Home): void {
  sendPage(
    response,
    'Bulkhead',
    html`<p>You are signed in as <strong>${me?.displayName || me?.principal}</strong>
(<code>${me?.principal}</code>)${me?.isAdmin && ', an admin'}.</p>
<p><a class="button" href="/ruru">Try queries</a></p>
<p class="soft">Its book, at the top left there, documents every field of the GraphQL API at <code>/graphql</code>.</p>
<h2>Suites</h2>
${suites.length > 0 ? table(suites) : html`<p>${me?.isAdmin ? 'There are none yet.' : none}</p>`}
<hr>
<form method="post" action="/sign-out"><button class="plain" type="submit">Sign out</button></form>`,
  );
}

function table(suites: IListMySuitesResult[]) {
  const total = suites[0]?.total ?? 0;
  const cut = total > suites.length && `; these are the first ${suites.length}`;
  return html`<p class="soft">${total} ${total === 1 ? 'suite' : 'suites'}${cut}</p>
<table>
<thead><tr><th scope="col">Suite</th><th scope="col">Slug</th><th scope="col">Your role</th></tr></thead>
<tbody>${suites.map(
    ({ name, slug, role, archived }) =>
      html`<tr><td>${name}${archived && ' (archived)'}</td><td><code>${slug}</code></td><td>${role ?? ''}</td></tr>`,
  )}</tbody>
</table>`;
}
