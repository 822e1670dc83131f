/* @name findSuiteId */
select id as "id!" from bulkhead.test_suites where slug = :slug!;

/* @name requireSuiteId */
select bulkhead.suite_id(:slug!) as "id!";

/* @name createSuite */
select id as "id!"
from bulkhead.create_suite(
  slug => :slug!, name => :name, description => :description, tag_policy => :tagPolicy
);

/* @name deleteSuite */
select id as "id!" from bulkhead.delete_suite(:suiteId!);

/* @name defineTag */
select name as "name!"
from bulkhead.define_tag(
  suite_id => :suiteId!,
  name => :name!,
  meaning => :meaning,
  colour => :colour,
  exclusive_group => :exclusiveGroup
);

/* @name suiteHasCases */
select exists (select from bulkhead.test_cases where suite_id = :suiteId!) as "some!";
