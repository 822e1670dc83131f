import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { buildSchema, parse, validate } from 'graphql';
import { projectDir } from '../../src/config.ts';
import { measure } from '../../src/graphql/measure.ts';

const schema = buildSchema(readFileSync(join(projectDir, 'schema.graphql'), 'utf8'));

/** Every document that the command line sends. */
const folder = join(projectDir, 'src', 'client', 'documents');
const files = readdirSync(folder).filter((name) => name !== 'shared.ts');
const modules = await Promise.all(files.map((name) => import(join(folder, name))));
const documents = modules.flatMap((module) => Object.entries(module as Record<string, string>));

test('there are documents in each file', (t) => {
  t.true(documents.length > 30 && files.length > 6);
});

for (const [name, text] of documents)
  test(`the document ${name} fits the schema, and what one request may ask for`, (t) => {
    const document = parse(text);
    t.deepEqual(
      validate(schema, document).map(({ message }) => message),
      [],
    );
    t.regex(text, /^(query|mutation) /, 'retries tell them by their first word');
    t.is(measure({ schema, document, variableValues: { first: 500 } }), null);
  });
