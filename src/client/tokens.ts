/** Tokens over HTTP: the same that commands/token.ts does in a database. */
import type { TokenStore } from '../commands/token.ts';
import { type Client, present } from './client.ts';
import * as documents from './documents/tokens.ts';
import { allPages } from './graphql.ts';

type Row = Awaited<ReturnType<TokenStore['list']>>[number];

/** The tokens that the caller manages on a server. */
export function makeRemoteTokens({ ask, suite }: Client): TokenStore {
  const idOf = async (slug: string | undefined) => (slug === undefined ? null : suite(slug));
  return {
    async create({ suites, ...flags }) {
      const suiteIds = await Promise.all(suites.map(suite));
      const { token, principal, expiresAt } = (
        await ask(documents.createToken, { suiteIds, ...flags })
      ).createToken.result;
      return { token, principal, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
    },
    async list(slug) {
      const found = slug === undefined ? await listAll(ask) : await listOf({ ask, suite }, slug);
      return found.toSorted((a, b) => numberOf(a) - numberOf(b) || (a.suite < b.suite ? -1 : 1));
    },
    async revoke(principal, slug) {
      const variables = { principal, suiteId: await idOf(slug) };
      const { members } = (await ask(documents.revokeToken, variables)).revokeToken;
      return members.map((member) => member.suite?.slug ?? member.suiteId).toSorted();
    },
  };
}

async function listAll(ask: Client['ask']): Promise<Row[]> {
  const suites = await allPages(
    async (after) => (await ask(documents.tokensOfSuites, { after })).suites,
  );
  return suites.flatMap(({ slug, tokens }) => tokens.map((token) => rowOf(slug, token)));
}

async function listOf({ ask, suite }: Pick<Client, 'ask' | 'suite'>, slug: string): Promise<Row[]> {
  const answer = await ask(documents.tokensOfSuite, { suiteId: await suite(slug) });
  return present(answer.suite, slug).tokens.map((token) => rowOf(slug, token));
}

function rowOf(suite: string, token: documents.SuiteToken): Row {
  const { principal, name, hint, role, createdBy, createdAt, expiresAt, lastUsedAt } = token;
  const time = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...{ principal, name, hint, role, suite, createdBy },
    createdAt: new Date(createdAt),
    expiresAt: time(expiresAt),
    lastUsedAt: time(lastUsedAt),
  };
}

const numberOf = ({ principal }: Row) => Number(principal.slice('token:'.length));
