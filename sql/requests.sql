/* @name findMyRole */
select
  s.slug as "slug!",
  bulkhead.test_suites_my_role(s) as "role!",
  bulkhead.current_principal() as "principal!",
  exists (select from bulkhead.test_cases c where c.suite_id = s.id and c.id = :caseId) as "seesCase!"
from bulkhead.test_suites s
where s.id = :suiteId!;
