import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../config.ts';

/** A suite of the demo data, as `demo/suites.json` has it; its cases are in `demo/<slug>.jsonl`. */
export type DemoSuite = {
  slug: string;
  name: string;
  description: string;
  tag_policy: 'open' | 'closed';
  tags: DemoTag[];
};

/** An entry of a demo suite's dictionary. */
export type DemoTag = { name: string; meaning: string; colour: string; exclusive_group?: string };

/** The demo suites with their dictionaries. */
export async function readDemoSuites(): Promise<DemoSuite[]> {
  return JSON.parse(await readFile(join(projectDir, 'demo', 'suites.json'), 'utf8'));
}

/** The file with the cases of a demo suite. */
export function demoFile(slug: string): string {
  return join(projectDir, 'demo', `${slug}.jsonl`);
}
