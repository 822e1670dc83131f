import type { ClientBase } from 'pg';
import { withClient } from '../database/admin.ts';
import { importFile } from '../import/import-file.ts';
import { createSuite, defineTag, findSuiteId, suiteHasCases } from '../queries/import.queries.ts';
import { type DemoSuite, demoFile, readDemoSuites } from './suites.ts';

/**
 * Fills in the demo suites that are missing, dictionary first, and leaves those that are there
 * alone. A suite that an interrupted run left without cases is completed. Prints a line for each.
 */
export async function seedDemo({
  ownerUrl,
  print = () => {},
}: {
  ownerUrl: string;
  print?: (line: string) => void;
}): Promise<void> {
  const suites = await readDemoSuites();
  await withClient(ownerUrl, async (client) => {
    for (const suite of suites) {
      const [existing] = await findSuiteId.run({ slug: suite.slug }, client);
      if (existing !== undefined && (await hasCases(client, existing.id))) continue;
      const { cases } = await seedSuite(client, suite, existing?.id);
      print(`  ${suite.slug}: ${cases} cases`);
    }
  });
}

async function hasCases(client: ClientBase, suiteId: string): Promise<boolean> {
  const [answer] = await suiteHasCases.run({ suiteId }, client);
  return answer?.some ?? false;
}

async function seedSuite(client: ClientBase, suite: DemoSuite, existingId: string | undefined) {
  const suiteId = existingId ?? (await makeSuite(client, suite));
  for (const { exclusive_group, ...tag } of suite.tags) {
    await defineTag.run({ suiteId, ...tag, exclusiveGroup: exclusive_group ?? null }, client);
  }
  return importFile({ client, suite: suite.slug, file: demoFile(suite.slug) });
}

async function makeSuite(client: ClientBase, suite: DemoSuite): Promise<string> {
  const { tag_policy, tags: _, ...rest } = suite;
  const [created] = await createSuite.run({ ...rest, tagPolicy: tag_policy }, client);
  if (created === undefined) throw new Error(`create_suite returned nothing for ${suite.slug}`);
  return created.id;
}
