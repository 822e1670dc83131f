/* @name startTokenSession */
select bulkhead_private.start_token_session(:hash!) as "session!";

/* @name startLinkSession */
select bulkhead_private.use_sign_in_link(:hash!) as "session!";

/* @name startPersonSession */
select bulkhead_private.start_session(
  principal => :principal!, display_name => :displayName!, groups => :groups!, valid_for => '12 hours'
) as "session!"
where not exists (select from bulkhead.principals where name = :principal! and disabled_at is not null);

/* @name endSession */
select bulkhead_private.end_session(:hash!);

/* @name createSignInLink */
select bulkhead_private.create_sign_in_link('person:local', 'This machine', '1 hour') as "link!";

/* @name describeMe */
select principal as "principal!", display_name as "displayName!", is_admin as "isAdmin!" from bulkhead.me();

/* @name listMySuites */
select
  s.slug as "slug!", s.name as "name!", s.archived_at is not null as "archived!",
  bulkhead.test_suites_my_role(s) as role, (count(*) over ())::int as "total!"
from bulkhead.test_suites s
order by s.slug
limit 100;
