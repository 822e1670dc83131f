/** The description of the HTTP interface: valid, complete, and true of what is answered. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import { limits } from '../../src/graphql/limits.ts';
import { pullLimits } from '../../src/http/api/pull.ts';
import { findApplication, routesOf } from '../access/http-routes.ts';
import { useApi } from '../helpers/api.ts';
import { appendOver } from '../helpers/append.ts';
import { call } from '../helpers/cases.ts';
import { pull } from '../helpers/pull.ts';

const api = useApi(test);

// biome-ignore lint/suspicious/noExplicitAny: a document whose form is what is tested
let document: any;

test.serial.before('read it', async () => {
  document = await (await fetch(`${api.url}/api/openapi.json`)).json();
});

/** Checks an answer against what the document says of that status. */
function describes(path: string, method: string, status: number, body: unknown): string | null {
  const { responses } = document.paths[path][method];
  let response = responses[status] ?? responses.default;
  if (response.$ref) response = document.components.responses[response.$ref.split('/').at(-1)];
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document, 'api');
  const named = JSON.parse(
    JSON.stringify(response.content['application/json'].schema).replaceAll('"#/', '"api#/'),
  );
  return ajv.validate(named, body) ? null : ajv.errorsText();
}

const cases = '/api/suites/{slug}/cases';

test('it is valid OpenAPI 3.1', async (t) => {
  t.is(document.openapi, '3.1.0');
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  t.true(valid, JSON.stringify(errors));
});

test('every route under /api is in it, and each of its paths answers', async (t) => {
  const { routes } = routesOf((await findApplication(api.url)).router.stack);
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = routes
    .filter((route) => /^(GET|POST) \/api\//.test(route))
    .map((route) => route.replace(/:(\w+)/, '{$1}'));
  t.deepEqual(
    known.filter((route) => !described.includes(route)),
    [],
  );
  t.true(known.length >= 3);
  for (const route of described) {
    const [method = '', path = ''] = route.split(' ');
    const { status } = await fetch(api.url + path.replace('{slug}', 'none'), {
      method,
      headers: { ...api.headers, 'Content-Type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
    t.not(status, 405, route);
  }
});

test('it names the limits where they refuse, and they are those of the server', (t) => {
  const { get, post } = document.paths[cases];
  const { TooOften } = document.components.responses;
  for (const { responses } of [get, post, document.paths['/graphql'].post])
    t.is(responses[429].$ref, '#/components/responses/TooOften');
  t.regex(TooOften.description, / 6000 requests a minute/);
  t.truthy(TooOften.headers['Retry-After']);
  t.regex(get.responses[503].description, new RegExp(`${pullLimits.perCaller} answers`));
  for (const { responses } of [get, post])
    t.regex(responses[503].description, new RegExp(`: ${limits.transfers} long appends and pulls`));
  t.regex(post.responses[413].description, /: 4096 MiB/);
  t.regex(document.paths['/graphql'].post.responses[413].description, /: 16 MiB/);
});

test('answers to an append are as it says', async (t) => {
  await api.suite('described');
  const rows = [{ external_key: 'a', input: 1, tags: ['new'] }, { input: 2 }];
  const answers = [
    await appendOver(api, 'described', rows),
    await appendOver(api, 'described', rows.slice(0, 1)),
    await appendOver(api, 'described', rows, { query: 'dry_run=true' }),
    await appendOver(api, 'described', [{ external_key: 'a', input: 3 }]),
    await appendOver(api, 'described', 'no json'),
    await appendOver(api, 'nowhere', rows),
    await appendOver(api.as(null), 'described', rows),
    await appendOver(api, 'described', rows, { type: 'image/png' }),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [201, 200, 200, 409, 400, 404, 401, 415],
  );
  for (const { status, body } of answers) t.is(describes(cases, 'post', status, body), null);
  t.not(describes(cases, 'post', 201, { suite: 'described' }), null);
});

test('answers to a pull are as it says', async (t) => {
  const id = await api.suite('pulled', [{ input: 1 }]);
  await call(api.db.pool, 'create_snapshot', { suite_id: id, name: 'v1' });
  const { parameters, responses } = document.paths[cases].get;
  const { headers } = responses[200];
  for (const query of [{}, { snapshot: 'v1' }, { format: 'csv' }]) {
    const answer = await pull(api, 'pulled', query);
    for (const name of Object.keys(query))
      t.true(parameters.some((one: { name: string }) => one.name === name));
    for (const [name] of answer.headers)
      if (/^(x-bulkhead|etag)/.test(name))
        t.true(
          Object.keys(headers).some((one) => one.toLowerCase() === name),
          name,
        );
    t.true((answer.headers.get('content-type') ?? '') in responses[200].content);
  }
  const refused = await pull(api, 'pulled', { snapshot: 'v2' });
  t.is(describes(cases, 'get', refused.status, await refused.json()), null);
});
