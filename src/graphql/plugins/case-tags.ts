/**
 * The tags of cases, without the function. `bulkhead.test_cases_tags` gives them for one case, as
 * psql wants it; called for each case of a page it takes longer than all the rest of the query.
 */
import type {} from 'postgraphile';
import {
  listOfCodec,
  PgSelectSingleStep,
  pgClassExpression,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';

const tagNames = listOfCodec(TYPES.text);

export const CaseTagsPlugin = wrapPlans(
  { TestCase: { tags: (plan, $case) => (isSelected($case) ? tagsOf($case) : plan()) } },
  { name: 'CaseTagsPlugin' },
);

/** A case that a query reads, and not one that a mutation has just changed. */
function isSelected($case: Step): $case is PgSelectSingleStep {
  return $case instanceof PgSelectSingleStep && $case.getClassStep().mode !== 'mutation';
}

function tagsOf($case: PgSelectSingleStep) {
  const { alias } = $case.getClassStep();
  return pgClassExpression($case, tagNames, true)`array(
    select link.tag
    from bulkhead.test_case_tags as link
    where link.suite_id = ${alias}.suite_id and link.case_id = ${alias}.id
    order by link.tag
  )`;
}
