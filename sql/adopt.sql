/* @name listAdoptions */
select
  a.suite_id as "suiteId!", s.slug as "slug!", a.source_suite as "sourceSuite!", a.mapping as "mapping!", a.method as "method!",
  a.phase as "phase!", a.cases_expected as "casesExpected!", a.cases_copied as "casesCopied!", a.links_copied as "linksCopied!",
  a.last_id as "lastId", a.copied_at as "copiedAt", a.followed_at as "followedAt", a.cut_over_at as "cutOverAt"
from bulkhead_private.adopted_suites a
join bulkhead.test_suites s on s.id = a.suite_id
where a.source = :source!
order by a.suite_id;

/* @name listSlugs */
select slug as "slug!" from bulkhead.test_suites;

/* @name beginAdoption */
select bulkhead_private.begin_adoption(
  source => :source!, source_suite => :sourceSuite!, slug => :slug!, name => :name!, mapping => :mapping!, method => :method!,
  cases => :cases!
) as "suiteId!";

/* @name clearAdoptedRows */
select bulkhead_private.clear_adopted_rows()::text as "done!";

/* @name defineAdoptedTags */
select bulkhead_private.define_adopted_tags(:source!) as "defined!";

/* @name adoptChunk */
select cases as "cases!", links as "links!", last_id as "lastId"
from bulkhead_private.adopt_chunk(
  suite_id => :suiteId!, first_line => :firstLine!, last_line => :lastLine!, is_last => :isLast!
);

/* @name adoptChanges */
select inserted as "inserted!", updated as "updated!", deleted as "deleted!", links as "links!"
from bulkhead_private.adopt_changes(:suiteIds!::bigint[], :externalKeys!::text[]);

/* @name namesOfTags */
select source_tag as "sourceTag!", name as "name!" from bulkhead_private.adopted_tags where suite_id = :suiteId! order by source_tag;

/* @name proposeNames */
select
  t.name as "sourceTag!", coalesce(bulkhead.normalize_tag(t.name), 'tag_' || left(md5(t.name), 8)) as "name!"
from unnest(:sourceTags!::text[]) as t (name);

/* @name hashBuckets */
select
  (c.hash_of_key % :buckets!::integer)::integer as "bucket!", count(*)::integer as "cases!", sum(c.hash)::text as "hash!"
from (
  select hash, ('x' || left(md5(external_key), 15))::bit(60)::bigint as hash_of_key
  from bulkhead_private.adopted_cases(:suiteId!)
) as c
group by 1;

/* @name hashTags */
select
  t.tag as "tag!", count(*)::integer as "links!", sum(('x' || left(md5(c.external_key), 15))::bit(60)::bigint)::text as "hash!"
from bulkhead_private.adopted_cases(:suiteId!) as c
cross join unnest(c.tags) as t (tag)
group by t.tag;

/* @name casesOfBuckets */
select c.external_key as "externalKey!", c.hash::text as "hash!"
from bulkhead_private.adopted_cases(:suiteId!) as c
where ('x' || left(md5(c.external_key), 15))::bit(60)::bigint % :buckets!::integer = any (:wanted!::integer[]);

/* @name finishAdoption */
select bulkhead_private.finish_adoption(:suiteId!)::text as "done!";

/* @name dropAdoptedChunk */
select bulkhead_private.drop_adopted_chunk(suite_id => :suiteId!, cases => :cases!) as "cases!";

/* @name lockAdoption */
select pg_try_advisory_lock(hashtextextended('bulkhead.adoption ' || :source!, 0)) as "locked!";

/* @name holdSuite */
select pg_advisory_lock(bulkhead_private.suite_lock_key(:suiteId!))::text as "held!";

/* @name releaseSuite */
select pg_advisory_unlock(bulkhead_private.suite_lock_key(:suiteId!)) as "released!";
