/** Where a pull waits for its reader no space is left: that is said by name, and passes. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { describeError } from '../../src/errors.ts';
import { useApi } from '../helpers/api.ts';
import { pull } from '../helpers/pull.ts';

const api = useApi(test);

test('an error of a full disk is known, and does not say where the disk is', async (t) => {
  const file = await open('/dev/full', 'w');
  t.teardown(() => file.close());
  const error = await t.throwsAsync(file.write('x'), { code: 'ENOSPC' });
  const known = describeError(error);
  t.like(known?.entry, { name: 'DISK_FULL', httpStatus: 503, retryable: true, exitCode: 5 });
  t.notRegex(known?.message ?? '', /\//);
});

test.serial(
  'a pull that finds the disk full is refused; once there is space it is whole',
  async (t) => {
    const folder = await smallDisk(t);
    if (!folder) {
      t.log('not run: a disk of its own takes root');
      return t.pass();
    }
    // 70 MB, more than is kept in memory
    const suite = await api.suite('large');
    await api.db.pool.query(
      `insert into bulkhead.test_cases (suite_id, input)
     select $1, to_jsonb(repeat(md5(n::text), 2200)) from generate_series(1, 1000) as n`,
      [suite],
    );
    const { TMPDIR } = process.env;
    t.teardown(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    process.env.TMPDIR = folder;
    const filler = join(folder, 'filler');
    const { bavail, bsize } = await statfs(folder);
    await writeFile(filler, Buffer.alloc((bavail - 4) * bsize));

    const refused = await pull(api, 'large');
    t.is(refused.status, 503);
    const body = await refused.text();
    t.like(JSON.parse(body).errors[0].extensions, { code: 'DISK_FULL', retryable: true });
    t.false(body.includes(folder));

    await rm(filler);
    const whole = await pull(api, 'large');
    t.is(whole.status, 200);
    t.is((await whole.text()).trim().split('\n').length, 1000);
  },
);

/** A disk that is full soon; undefined where nobody may make one. */
async function smallDisk(t: ExecutionContext): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', folder]);
  t.teardown(async () => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return mounted.status === 0 ? folder : undefined;
}
