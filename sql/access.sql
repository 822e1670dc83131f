/* @name requireSuite */
select bulkhead.suite_id(:slug!) as "id!";

/* @name createToken */
select token as "token!", principal as "principal!", expires_at
from bulkhead.create_token(
  suite_ids => array(select bulkhead.suite_id(s.slug) from unnest(:suites!::text[]) as s (slug)),
  role => :role!, name => :name!, expires_in_days => :expiresInDays
);

/* @name listTokens */
select
  t.principal as "principal!", t.name as "name!", t.hint as "hint!", t.role as "role!", s.slug as "suite!",
  t.created_by as "createdBy!", t.created_at as "createdAt!", t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"
from bulkhead.suite_tokens t
join bulkhead.test_suites s on s.id = t.suite_id
where t.suite_id = coalesce(:suiteId, t.suite_id)
order by substr(t.principal, 7)::bigint, s.slug;

/* @name revokeToken */
select s.slug as "suite!"
from bulkhead.revoke_token(:principal!, :suiteId) r
join bulkhead.test_suites s on s.id = r.suite_id
order by s.slug;

/* @name listMembers */
select m.principal as "principal!", p.display_name as "name!", m.role as "role!", m.added_at as "addedAt!"
from bulkhead.suite_members m
join bulkhead.principals p on p.name = m.principal
where m.suite_id = :suiteId!
order by array_position('{owner,editor,appender,viewer}', m.role), m.principal;

/* @name setMember */
select principal as "principal!", role as "role!"
from bulkhead.set_member(bulkhead.suite_id(:suite!), :principal!, :role!);

/* @name removeMember */
select principal as "principal!", role as "role!"
from bulkhead.remove_member(bulkhead.suite_id(:suite!), :principal!);

/* @name listPrincipals */
select
  p.name as "principal!", p.display_name as "name!", p.is_admin as "isAdmin!", p.everywhere, p.disabled_at as "disabledAt",
  (select count(*) from bulkhead.suite_members m where m.principal = p.name)::integer as "suites!"
from bulkhead.principals p
where p.name not like 'token:%'
order by p.name;

/* @name setPrincipal */
select name as "principal!", display_name as "name!", is_admin as "isAdmin!", everywhere, disabled_at as "disabledAt"
from bulkhead.set_principal(
  name => :principal!, display_name => :name, is_admin => :isAdmin, everywhere => :everywhere, disabled => :disabled
);
