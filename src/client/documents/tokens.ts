/** Documents about tokens. */
import type { Document, Page } from '../graphql.ts';
import { type Id, type InSuite, type NextPage, pageInfo } from './shared.ts';

export type CreatedToken = {
  token: string;
  principal: string;
  hint: string;
  expiresAt: string | null;
};

export const createToken: Document<
  { createToken: { result: CreatedToken } },
  { suiteIds: Id[]; role: string; name: string; expiresInDays: number | null }
> = `mutation ($suiteIds: [BigInt!]!, $role: String, $name: String, $expiresInDays: Int) {
  createToken(input: { suiteIds: $suiteIds, role: $role, name: $name, expiresInDays: $expiresInDays }) {
    result { token principal hint expiresAt }
  }
}`;

export type SuiteToken = {
  principal: string;
  name: string;
  hint: string;
  role: string;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
};

const tokenFields = 'principal name hint role createdAt createdBy expiresAt lastUsedAt';

/** A page of suites with all the tokens of each: 30 times 500 objects are what one query may ask for. */
export const tokensOfSuites: Document<
  { suites: Page<{ slug: string; tokens: SuiteToken[] }> },
  NextPage
> = `query ($after: Cursor) {
  suites(first: 30, after: $after, orderBy: [SLUG_ASC]) {
    nodes { slug tokens(first: 500) { ${tokenFields} } }
    ${pageInfo}
  }
}`;

export const tokensOfSuite: Document<{ suite: { tokens: SuiteToken[] } | null }, InSuite> =
  `query ($suiteId: BigInt!) { suite(id: $suiteId) { tokens(first: 500) { ${tokenFields} } } }`;

export const revokeToken: Document<
  { revokeToken: { members: { suiteId: Id; role: string; suite: { slug: string } | null }[] } },
  { principal: string; suiteId: Id | null }
> = `mutation ($principal: String!, $suiteId: BigInt) {
  revokeToken(input: { principal: $principal, suiteId: $suiteId }) {
    members { suiteId role suite { slug } }
  }
}`;
