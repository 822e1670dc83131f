--! Previous: sha1:73652007ebf6b678ebfb6d3ba2da7abed26a3f54
--! Hash: sha1:9ba7059b66c43ed6c5a57c13820b9c21c545706a
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
