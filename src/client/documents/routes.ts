/** Documents about routes. */
import type { Document, Page } from '../graphql.ts';
import { type Id, type InSuite, type NextPage, pageInfo } from './shared.ts';

export type Route = {
  name: string;
  expression: string;
  status: string | null;
  precedence: number;
  description: string;
  createdAt: string;
};

const routeFields = 'name expression status precedence description createdAt';

export const routes: Document<{ suite: { routes: Page<Route> } | null }, InSuite & NextPage> =
  `query ($suiteId: BigInt!, $after: Cursor) {
  suite(id: $suiteId) { routes(first: 500, after: $after) { nodes { ${routeFields} } ${pageInfo} } }
}`;

export const defineRoute: Document<
  { defineRoute: { route: Route } },
  InSuite & {
    name: string;
    expression: string;
    precedence?: number;
    status?: string | null;
    description?: string;
  }
> =
  `mutation ($suiteId: BigInt!, $name: String!, $expression: String!, $precedence: Int, $status: String,
  $description: String) {
  defineRoute(input: { suiteId: $suiteId, name: $name, expression: $expression, precedence: $precedence,
    status: $status, description: $description }) { route { ${routeFields} } }
}`;

export const dropRoute: Document<{ dropRoute: { route: Route } }, InSuite & { name: string }> =
  `mutation ($suiteId: BigInt!, $name: String!) {
  dropRoute(input: { suiteId: $suiteId, name: $name }) { route { ${routeFields} } }
}`;

export const countCases: Document<
  { countCases: string },
  InSuite & { whereTags: string; status: string | null }
> = `query ($suiteId: BigInt!, $whereTags: String, $status: String) {
  countCases(suiteId: $suiteId, whereTags: $whereTags, status: $status)
}`;

export const routesOfCases: Document<
  { routesOfCases: { caseId: Id; route: string | null }[] },
  InSuite & { caseIds: Id[] }
> = `query ($suiteId: BigInt!, $caseIds: [BigInt!]!) {
  routesOfCases(suiteId: $suiteId, caseIds: $caseIds) { caseId route }
}`;

export const casesByKey: Document<
  { findCases: { id: Id; externalKey: string }[] },
  InSuite & { externalKeys: string[] }
> = `query ($suiteId: BigInt!, $externalKeys: [String!]!) {
  findCases(suiteId: $suiteId, externalKeys: $externalKeys, rowLimit: 500) { id externalKey }
}`;
