/** Writes the demo data from the material in demo/material: `node tools/make-demo.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../src/config.ts';
import { makeDemoFiles } from './demo/files.ts';

for (const [name, content] of makeDemoFiles()) {
  await writeFile(join(projectDir, 'demo', name), content);
  console.log(`demo/${name}  ${(Buffer.byteLength(content) / 1024).toFixed(0)} kB`);
}
