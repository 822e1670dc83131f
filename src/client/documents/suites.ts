/** Documents about suites. */
import type { Document, Page } from '../graphql.ts';
import { type Id, type NextPage, pageInfo } from './shared.ts';

export type Suite = {
  id: Id;
  slug: string;
  name: string;
  description: string;
  tagPolicy: string;
  myRole: string;
  archivedAt: string | null;
  createdAt: string;
};

export const suites: Document<{ suites: Page<Suite> }, NextPage> = `query ($after: Cursor) {
  suites(first: 500, after: $after, orderBy: [SLUG_ASC]) {
    nodes { id slug name description tagPolicy myRole archivedAt createdAt }
    ${pageInfo}
  }
}`;

export const suiteId: Document<{ suiteId: Id }, { slug: string }> =
  'query ($slug: String!) { suiteId(slug: $slug) }';
