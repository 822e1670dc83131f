/** Pages of the documentation as tests read them: what stands in fenced blocks is run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../src/config.ts';

/** A fenced block: ```` ```sql who-waits ```` has the language `sql` and the name `who-waits`. */
export type Block = {
  /** The nearest heading above it, without its hashes. */
  heading: string;
  language: string;
  name: string;
  text: string;
};

/** The text of a page, by its path from the project folder. */
export function readPage(page: string): string {
  return readFileSync(join(projectDir, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function readBlocks(page: string): Block[] {
  const pattern = /^#+ (?<heading>.*)$|^```(?<language>\w*) ?(?<name>.*)\n(?<text>[\s\S]*?)^```$/gm;
  const blocks: Block[] = [];
  let heading = '';
  for (const { groups = {} } of readPage(page).matchAll(pattern)) {
    if (groups.heading !== undefined) heading = groups.heading;
    else blocks.push({ ...groups, heading } as Block);
  }
  return blocks;
}

/** The headings of this level, `## …` being 2. */
export function readHeadings(page: string, level: number): string[] {
  const text = readPage(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(new RegExp(`^#{${level}} (.*)$`, 'gm'))].map(([, title = '']) => title);
}
