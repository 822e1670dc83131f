/** The fourth step: whether both sides are the same, and if not, in what. */
import { compareSuite, differing, differingKeys } from './compare.ts';
import type { Adoption, Sides } from './copy.ts';
import { whenCaughtUp } from './follow.ts';

/** What was compared of a suite, and what differs. */
export type SuiteReport = {
  suite: string;
  cases: { source: number; target: number };
  links: { source: number; target: number };
  tags: {
    tag: string;
    source: number;
    target: number;
    sourceHash: string | null;
    targetHash: string | null;
    identical: boolean;
  }[];
  /** Keys of the first cases that differ. */
  differingCases: string[];
  identical: boolean;
};

/** A suite that has nothing to compare yet, or no more. */
export type Unfinished = {
  suite: string;
  phase: 'copying' | 'going_back';
  cases: { copied: number; expected: number };
  identical: false;
};

/** The suites that are being copied or taken back, which no comparison finds identical. */
export function findUnfinished(adoptions: readonly Adoption[]): Unfinished[] {
  return adoptions.flatMap(({ slug, phase, casesCopied, casesExpected }) =>
    phase === 'copying' || phase === 'going_back'
      ? [
          {
            ...{ suite: slug, phase, identical: false },
            cases: { copied: Number(casesCopied), expected: Number(casesExpected) },
          },
        ]
      : [],
  );
}

/**
 * Compares suites. People write to the source meanwhile: it is compared as of a moment that our side has been brought up to. By comparing,
 * following would mend what verifying is to find: a suite that is followed in that way is compared as it is.
 */
export async function verifySuites(
  sides: Sides,
  adoptions: readonly Adoption[],
): Promise<SuiteReport[]> {
  const reports: SuiteReport[] = [];
  for (const adoption of adoptions) {
    const report = () => reportSuite(sides, adoption);
    reports.push(await (adoption.method === 'triggers' ? whenCaughtUp(sides, report) : report()));
  }
  return reports;
}

async function reportSuite(sides: Sides, adoption: Adoption): Promise<SuiteReport> {
  const { buckets, tags } = await compareSuite(sides, adoption);
  const count = (figures: typeof buckets, side: 'source' | 'target') =>
    figures.reduce((total, figure) => total + (figure[side]?.count ?? 0), 0);
  const differences = differing([...buckets, ...tags]);
  return {
    suite: adoption.slug,
    cases: { source: count(buckets, 'source'), target: count(buckets, 'target') },
    links: { source: count(tags, 'source'), target: count(tags, 'target') },
    tags: tags.map((figure) => ({
      tag: figure.name,
      source: figure.source?.count ?? 0,
      target: figure.target?.count ?? 0,
      sourceHash: figure.source?.hash ?? null,
      targetHash: figure.target?.hash ?? null,
      identical: differing([figure]).length === 0,
    })),
    differingCases:
      differences.length === 0 ? [] : (await differingKeys(sides, adoption, buckets)).slice(0, 20),
    identical: differences.length === 0,
  };
}

/** The report for people: a line for each suite and for each tag that differs, and the verdict last. */
export function describeReports(
  reports: readonly SuiteReport[],
  unfinished: readonly Unfinished[] = [],
): string[] {
  const all = [...reports, ...unfinished];
  if (all.length === 0) return ['no suite is followed: see bulkhead adopt status'];
  const different = all.filter(({ identical }) => !identical).map(({ suite }) => suite);
  return [
    ...reports.flatMap(describeReport),
    ...unfinished.map(describeUnfinished),
    different.length === 0 ? 'identical' : `different: ${different.join(', ')}`,
  ];
}

const describeReport = ({ suite, cases, links, tags, differingCases, identical }: SuiteReport) => [
  `${suite}: ${cases.source} cases and ${links.source} links in the source, ${cases.target} and ${links.target} here: ${
    identical ? 'identical' : 'different'
  }`,
  ...tags.map(
    (tag) =>
      `  ${tag.tag}: ${tag.source} links there, ${tag.target} here${tag.identical ? '' : ', not the same'}`,
  ),
  ...(differingCases.length > 0
    ? [`  cases that differ, the first of them: ${differingCases.join(', ')}`]
    : []),
];

const describeUnfinished = ({ suite, phase, cases }: Unfinished) =>
  phase === 'copying'
    ? `${suite}: not copied yet, ${cases.copied} of ${cases.expected} cases`
    : `${suite}: is being taken back, and not compared`;
