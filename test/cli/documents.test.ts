import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { buildSchema, parse, validate } from 'graphql';
import * as documents from '../../src/client/documents.ts';
import * as more from '../../src/client/documents-more.ts';
import { projectDir } from '../../src/config.ts';
import { measure } from '../../src/graphql/measure.ts';

const schema = buildSchema(readFileSync(join(projectDir, 'schema.graphql'), 'utf8'));

for (const [name, text] of Object.entries({ ...documents, ...more }))
  test(`the document ${name} fits the schema, and what one request may ask for`, (t) => {
    const document = parse(text);
    t.deepEqual(
      validate(schema, document).map(({ message }) => message),
      [],
    );
    t.is(measure({ schema, document, variableValues: { first: 500 } }), null);
    t.is(/^(query|mutation) /.test(text), true, 'retries tell them by their first word');
  });
