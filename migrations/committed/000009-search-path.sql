--! Previous: sha1:0723560e8af1042bc5ac030abd5d43009380a9e9
--! Hash: sha1:5c60dfa156584bf1828b0d8f891bbc739b45cee1
--! Message: search path

--! split: 1-current.sql
-- An empty search path still has pg_temp in front, for types and tables: where a login may make temporary objects (in a database that was
-- restored, PUBLIC may), a domain pg_temp.text would run its checks inside our functions, as the owner. Named last, it is asked last.

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid
    from pg_catalog.pg_proc p
    where p.pronamespace in ('bulkhead'::regnamespace, 'bulkhead_private'::regnamespace) and 'search_path=""' = any (p.proconfig)
  loop
    execute format('alter function %s set search_path = pg_catalog, pg_temp', v_function);
  end loop;
end
$$;
