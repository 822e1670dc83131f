import test from 'ava';
import { refusalOf, type ServerError } from '../../src/client/refusals.ts';
import { withRetries } from '../../src/client/retry.ts';

/** Runs something that is refused at first; resolves to how often it was begun, or to the refusal. */
async function attempts(
  code: string,
  status: number,
  options: { isSafe: boolean; after?: number },
) {
  let begun = 0;
  const { isSafe, after } = options;
  const work = async () => {
    begun += 1;
    if (begun > 1) return begun;
    throw Object.assign(refusalOf({ message: 'no', extensions: { code } }, status), {
      ...(after !== undefined && { retryAfter: after }),
    });
  };
  return withRetries(work, { isSafe, note: () => {} }).catch(
    (error: ServerError) => error.entry.name,
  );
}

test('what may succeed later is tried again where doing it twice does no harm', async (t) => {
  t.is(await attempts('DEADLOCK', 503, { isSafe: true }), 2);
  t.is(await attempts('DEADLOCK', 503, { isSafe: false }), 'DEADLOCK');
  t.is(await attempts('KEY_CONFLICT', 409, { isSafe: true }), 'KEY_CONFLICT');
});

test('what was refused for coming too often was not begun, and is tried when it may be', async (t) => {
  t.is(await attempts('RATE_LIMITED', 429, { isSafe: false, after: 0.1 }), 2);
  t.is(await attempts('RATE_LIMITED', 429, { isSafe: true, after: 61 }), 'RATE_LIMITED');
});

test('the error of a server of another version, or of a proxy, has a name of this one', (t) => {
  const nameOf = (code: string, status: number) =>
    refusalOf({ extensions: { code } }, status).entry.name;
  t.is(nameOf('KEY_CONFLICT', 409), 'KEY_CONFLICT');
  t.is(nameOf('SOMETHING_NEW', 400), 'BAD_REQUEST');
  t.is(nameOf('SOMETHING_NEW', 500), 'INTERNAL');
  t.is(nameOf('', 502), 'SERVER_UNREACHABLE');
  t.is(nameOf('', 401), 'UNAUTHENTICATED');
});
