#!/usr/bin/env node
// Plain JavaScript, because it is read by whatever Node the machine has. Bulkhead itself is
// TypeScript run without a build, which needs Node 22.18; npm installs a Node 24 beside it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // What the type stripper and the compiler made of the files is kept beside them, so that the next call starts twice as
  // fast. In a folder of this checkout, not in the one for temporary files, where others could put something of theirs.
  modules.enableCompileCache?.(
    fileURLToPath(new URL('../node_modules/.cache/bulkhead', import.meta.url)),
  );
  await import('../src/cli.ts');
} else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(node)) {
    console.error(`bulkhead needs Node 22.18 or newer (this is ${process.version}): run npm ci`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // The child decides what a signal means; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
