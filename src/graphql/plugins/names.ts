/** Names as a person would write them: `suite`, `cases`, `updateCase`, and `id` for the column `id`. */
import type {} from 'postgraphile';

type Tagged = { extensions?: { tags?: Record<string, unknown> | undefined } | undefined };

/** The word of the glossary that a table is tagged with in tags.ts. */
function wordOf(entity: Tagged | undefined): string | undefined {
  const word = entity?.extensions?.tags?.word;
  return typeof word === 'string' ? word : undefined;
}

export const NamesPlugin: GraphileConfig.Plugin = {
  name: 'NamesPlugin',
  version: '1.0.0',
  after: ['PgSimplifyInflectionPlugin'],
  inflection: {
    replace: {
      // Without the Node interface, which would ask for `id` itself, nothing is in the way of it.
      _attributeName(_previous, _preset, { codec, attributeName }) {
        const name = codec.attributes[attributeName]?.extensions?.tags?.name;
        return this.coerceToGraphQLName(typeof name === 'string' ? name : attributeName);
      },
      allRowsConnection(previous, _preset, resource) {
        const word = wordOf(resource);
        return word ? this.camelCase(this.pluralize(word)) : (previous?.(resource) ?? '');
      },
      rowByUnique(previous, _preset, details) {
        const word = details.unique.isPrimary && wordOf(details.resource);
        return word ? this.camelCase(word) : (previous?.(details) ?? '');
      },
      tableFieldName(previous, _preset, resource) {
        return wordOf(resource) ?? previous?.(resource) ?? '';
      },
      patchField(_previous, _preset, _itemName) {
        return 'patch';
      },
      updateByKeysField(previous, _preset, details) {
        const word = details.unique.isPrimary && wordOf(details.resource);
        return word ? this.camelCase(`update-${word}`) : (previous?.(details) ?? '');
      },
      updateByKeysInputType(_previous, _preset, details) {
        return this.upperCamelCase(`${this.updateByKeysField(details)}-input`);
      },
      updatePayloadType(previous, _preset, details) {
        const word = wordOf(details.resource);
        return word ? this.upperCamelCase(`update-${word}-payload`) : (previous?.(details) ?? '');
      },
      functionMutationResultFieldName(_previous, _preset, { resource }) {
        const { codec } = resource;
        if (codec.isAnonymous) return resource.isUnique ? 'result' : 'results';
        const word = wordOf(codec as Tagged) ?? 'result';
        return resource.isUnique ? word : this.pluralize(word);
      },
      customQueryListField(_previous, _preset, details) {
        return this.customQueryField(details);
      },
      manyRelationList(_previous, _preset, details) {
        return this._manyRelation(details);
      },
      functionRecordReturnCodecName(previous, _preset, details) {
        const { recordType } = details.pgProc.getTags();
        return typeof recordType === 'string' ? recordType : (previous?.(details) ?? '');
      },
    },
  },
  schema: {
    hooks: {
      // Not in the order in which the functions came to be.
      GraphQLObjectType_fields: {
        after: ['PgMutationUpdateDeletePlugin'],
        callback(fields, _build, { scope }) {
          if (!scope.isRootQuery && !scope.isRootMutation) return fields;
          return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
        },
      },
    },
  },
};
