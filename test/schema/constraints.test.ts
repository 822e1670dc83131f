/** Keys that can be found by their index, that Citus takes, and that the registry of errors can name. */
import test from 'ava';
import { useDatabase } from '../helpers/database.ts';
import { ourSchemas, testRule } from '../helpers/lint.ts';

const database = useDatabase(test);

const ourConstraints = `
  select k.*, k.conrelid::regclass::text as table_name
  from pg_constraint k
  where k.connamespace::regnamespace::text in ${ourSchemas} and k.conrelid <> 0`;

testRule(test, database, {
  rule: 'every foreign key is indexed on the side that refers, except to principals, who are never deleted',
  // (suite_id, tag) is enough for the key to the dictionary: the group follows from the tag
  sql: `
    select format('%s of %s has no index', k.conname, k.table_name) as problem
    from (${ourConstraints}) k
    where k.contype = 'f' and k.confrelid <> 'bulkhead.principals'::regclass
      and not exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indisvalid
          and (
            i.indpred is null
            or pg_get_expr(i.indpred, i.indrelid) in (
              select format('(%I IS NOT NULL)', a.attname)
              from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
            )
          )
          and (
            select array_agg(n order by n)
            from unnest(i.indkey::int2[]) with ordinality as x (n, position)
            where position <= cardinality(k.conkey) - (k.conname = 'tag_is_in_the_dictionary_of_the_suite')::integer
          ) <@ k.conkey
      )`,
  broken: [
    {
      by: 'drop index bulkhead.suite_tags_suite_id_alias_of_idx',
      reports: /alias_is_of_a_tag_of_the_same_suite of bulkhead.suite_tags has no index/,
    },
    {
      by: `drop index bulkhead.suite_tags_suite_id_alias_of_idx;
        create index a_part_idx on bulkhead.suite_tags (suite_id, alias_of) where name > 'm'`,
      reports: /alias_is_of_a_tag/,
    },
    {
      by: 'drop index bulkhead.test_case_tags_suite_id_tag_idx',
      reports: /tag_is_in_the_dictionary/,
    },
  ],
});

testRule(test, database, {
  rule: 'a foreign key does nothing, or cascades a deletion; never an update',
  sql: `
    select format('%s of %s: on delete %s, on update %s', k.conname, k.table_name, k.confdeltype, k.confupdtype) as problem
    from (${ourConstraints}) k
    where k.contype = 'f' and (k.confdeltype not in ('a', 'c') or k.confupdtype <> 'a')`,
  broken: ['on delete set null', 'on delete restrict', 'on update cascade'].map((action) => ({
    by: `alter table bulkhead.bulk_operations add constraint operation_undoes_another
      foreign key (suite_id, undoes_operation_id) references bulkhead.bulk_operations (suite_id, id) ${action}`,
    reports: /operation_undoes_another/,
  })),
});

testRule(test, database, {
  rule: 'constraints have names of their own, at most 54 characters long',
  sql: `
    select format('%s of %s', k.conname, k.table_name) as problem
    from (${ourConstraints}) k
    where length(k.conname) > 54
      or k.contype = 'c' and k.conname ~ '_check\\d*$'
      or k.contype = 'f' and k.conname ~ '_fkey\\d*$'
    union all
    select format('%s of %s', i.indexrelid::regclass, i.indrelid::regclass)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace::regnamespace::text in ('bulkhead', 'bulkhead_private') and length(c.relname) > 54`,
  broken: [
    {
      by: 'alter table bulkhead.suite_tags add check (length(meaning) < 1000)',
      reports: /suite_tags_meaning_check/,
    },
    {
      by: `alter table bulkhead.test_suites add constraint
        a_suite_has_a_name_that_is_shorter_than_two_hundred_char check (length(name) < 200)`,
      reports: /a_suite_has_a_name/,
    },
    {
      by: 'alter table bulkhead.bulk_operations add foreign key (suite_id) references bulkhead.test_suites',
      reports: /bulk_operations_suite_id_fkey/,
    },
    {
      by: `create index bulk_operations_suite_id_and_the_time_of_its_submission_idx
        on bulkhead.bulk_operations (suite_id, submitted_at)`,
      reports: /time_of_its_submission/,
    },
  ],
});

testRule(test, database, {
  rule: 'no constraint waits for the commit, or is not valid, or not enforced',
  sql: `
    select format('%s of %s', k.conname, k.table_name) as problem
    from (${ourConstraints}) k
    where k.condeferrable or not k.convalidated`,
  broken: [
    {
      by: `alter table bulkhead.suite_tags add constraint tag_has_a_suite
        foreign key (suite_id) references bulkhead.test_suites (id) deferrable`,
      reports: /tag_has_a_suite/,
    },
    {
      by: `alter table bulkhead.suite_tags add constraint meaning_is_short check (length(meaning) < 9) not valid`,
      reports: /meaning_is_short/,
    },
  ],
});

testRule(test, database, {
  rule: 'the triggers on suite tables are those that direct DML needs, and are on',
  sql: `
    select format('%s on %s', t.tgname, t.tgrelid::regclass) as problem
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace::regnamespace::text in ('bulkhead', 'bulkhead_private') and not t.tgisinternal
      and (
        t.tgenabled <> 'O'
        or t.tgname not in (
          'keep_edited_version', 'keep_deleted_version', 'continue_versions', 'disown_status', 'refuse_move',
          'keep_snapshot', 'keep_snapshot_chunk', 'keep_history', 'keep_frozen_version', 'refuse_forged_version', 'keep_route_tags', 'check_route',
          'keep_principal_suites', 'clear_principal_suites', 'refuse_other_member', 'keep_principal_out',
          'log_change', 'log_update', 'log_deletion', 'log_end', 'log_truncation', 'refuse_audit_change'
        )
      )`,
  broken: [
    {
      by: 'alter table bulkhead.test_cases disable trigger keep_edited_version',
      reports: /keep_edited_version/,
    },
    {
      by: `create trigger keep_tag after update on bulkhead.suite_tags
        for each row execute function bulkhead_private.keep_case_version()`,
      reports: /keep_tag on bulkhead.suite_tags/,
    },
  ],
});
