/** Documents about the dictionary of a suite. */
import type { Document, Page } from '../graphql.ts';
import type { OperationDocument, PreviewDocument } from './operations.ts';
import { type InSuite, type NextPage, operation, pageInfo, preview } from './shared.ts';

export type Tag = {
  name: string;
  meaning: string;
  colour: string | null;
  exclusiveGroup: string | null;
  aliasOf: string | null;
};

const tagFields = 'name meaning colour exclusiveGroup aliasOf';

export const tags: Document<{ suite: { tags: Page<Tag> } | null }, InSuite & NextPage> =
  `query ($suiteId: BigInt!, $after: Cursor) {
  suite(id: $suiteId) {
    tags(first: 500, after: $after, orderBy: [NAME_ASC]) { nodes { ${tagFields} } ${pageInfo} }
  }
}`;

export const tagCloud: Document<
  { suite: { tagCloud: { tag: string; cases: string }[] } | null },
  InSuite
> = `query ($suiteId: BigInt!) {
  suite(id: $suiteId) { tagCloud(first: 500, orderBy: [CASES_DESC]) { tag cases } }
}`;

export const defineTag: Document<
  { defineTag: { tag: Tag } },
  InSuite & { name: string; meaning?: string; colour?: string; exclusiveGroup?: string }
> =
  `mutation ($suiteId: BigInt!, $name: String!, $meaning: String, $colour: String, $exclusiveGroup: String) {
  defineTag(input: { suiteId: $suiteId, name: $name, meaning: $meaning, colour: $colour,
    exclusiveGroup: $exclusiveGroup }) { tag { ${tagFields} } }
}`;

export const dropTag: Document<{ dropTag: { tag: Tag } }, InSuite & { name: string }> =
  `mutation ($suiteId: BigInt!, $name: String!) {
  dropTag(input: { suiteId: $suiteId, name: $name }) { tag { ${tagFields} } }
}`;

export type RenameVariables = InSuite & { tag: string; newName: string; pace?: number };

export const renameTag: OperationDocument<RenameVariables> = `mutation ($suiteId: BigInt!, $tag: String!, $newName: String!, $pace: Float) {
  result: bulkRenameTag(input: { suiteId: $suiteId, tag: $tag, newName: $newName, pace: $pace }) {
    ${operation}
  }
}`;

export const previewRenameTag: PreviewDocument<RenameVariables> = `query ($suiteId: BigInt!, $tag: String!, $newName: String!) {
  preview: previewBulkRenameTag(suiteId: $suiteId, tag: $tag, newName: $newName) ${preview}
}`;

export type MergeVariables = InSuite & {
  tags: string[];
  intoTag: string;
  onExclusive?: string;
  pace?: number;
};

export const mergeTags: OperationDocument<MergeVariables> = `mutation ($suiteId: BigInt!, $tags: [String!]!, $intoTag: String!, $onExclusive: String, $pace: Float) {
  result: bulkMergeTags(input: { suiteId: $suiteId, tags: $tags, intoTag: $intoTag,
    onExclusive: $onExclusive, pace: $pace }) { ${operation} }
}`;

export const previewMergeTags: PreviewDocument<MergeVariables> = `query ($suiteId: BigInt!, $tags: [String!]!, $intoTag: String!, $onExclusive: String) {
  preview: previewBulkMergeTags(suiteId: $suiteId, tags: $tags, intoTag: $intoTag,
    onExclusive: $onExclusive) ${preview}
}`;
