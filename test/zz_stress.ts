import pg from 'pg';
import { describeError } from '../src/errors.ts';
const url = 'postgres://bulkhead_owner@127.0.0.1:5500/bulkhead_sqltest';
const one = new pg.Client(url); await one.connect();
const s = (await one.query(`select id from bulkhead.create_suite('stress' || floor(random()*1e9)::text)`)).rows[0].id;
const s2 = (await one.query(`select id from bulkhead.create_suite('stress' || floor(random()*1e9)::text)`)).rows[0].id;
for (const n of ['tier_a','tier_b']) await one.query('select bulkhead.define_tag($1,$2,exclusive_group=>$3)', [s,n,'tier']);
const pick = (a: any[]) => a[Math.floor(Math.random()*a.length)];
const tags = ['rag','flaky','slow','new','tier_a','tier_b','other','t1','t2'];
const codes = new Map<string, number>();
const until = Date.now() + Number(process.argv[2] ?? 8000);
let n = 0;
const some = (p: number) => tags.filter(() => Math.random() < p);
const sel = () => pick([`where_tags => '${pick(tags)}'`, `where_tags => 'not ${pick(tags)}'`, `all_cases => true`, `external_keys => '{k1,k2,k3,k9}'`]);
const acts: [number, () => string][] = [
  [10, () => `select bulkhead.append_cases(${s}, '${JSON.stringify([...new Set(Array.from({length: 5}, () => 'k' + Math.floor(Math.random()*40)))].map((k) => ({external_key: k, input: Math.floor(Math.random()*3), tags: some(0.2).filter((x, i, a) => !x.startsWith('tier') || a.findIndex((y) => y.startsWith('tier')) === i)})))}', '${pick(['update','skip','fail','update'])}')`],
  [2, () => `select bulkhead.define_tag(${s}, '${pick(tags)}', meaning => '${Math.random()}')`],
  [1, () => `select bulkhead.drop_tag(${s}, '${pick(tags)}')`],
  [1, () => `select bulkhead.bulk_rename_tag(${s}, '${pick(tags)}', '${pick(tags)}')`],
  [1, () => `select bulkhead.bulk_merge_tags(${s}, '{${pick(tags)},${pick(tags)}}', '${pick(tags)}')`],
  [4, () => `select bulkhead.bulk_tag(${s}, ${sel()}, add => '{${some(0.2)}}', remove => '{${some(0.1)}}', on_exclusive => '${pick(['replace','skip','fail'])}')`],
  [2, () => `select bulkhead.bulk_set_status(${s}, '${pick(['active','archived'])}', ${sel()})`],
  [1, () => `select bulkhead.bulk_delete(${s}, ${pick([`external_keys => '{k${Math.floor(Math.random()*40)}}'`, `where_tags => '${pick(tags)}'`])})`],
  [1, () => `select bulkhead.bulk_copy(${pick([`${s}, ${s2}`, `${s2}, ${s}`])}, external_keys => '{k1,k4,k7,k8}')`],
  [2, () => `select bulkhead.undo_operation(suite_id, id) from bulkhead.bulk_operations where suite_id in (${s},${s2}) and finished_at is not null and kind <> 'undo' order by random() limit 1`],
  [1, () => `select bulkhead.cancel_operation(suite_id, id) from bulkhead.bulk_operations where suite_id = ${s} and finished_at is null limit 1`],
  [1, () => `select bulkhead.retry_operation(suite_id, id) from bulkhead.bulk_operations where suite_id = ${s} and state in ('failed','cancelled') order by random() limit 1`],
  [2, () => `update bulkhead.test_cases set input = to_jsonb(random()) where suite_id = ${s} and external_key = 'k${Math.floor(Math.random()*40)}'`],
  [3, () => `select bulkhead.find_cases(${s}, '${pick(tags)} and not ${pick(tags)}')`],
];
const bag = acts.flatMap(([w, f]) => Array(w).fill(f));
async function session() {
  const c = new pg.Client(url); await c.connect();
  await c.query("set statement_timeout='10s'");
  while (Date.now() < until) {
    const sql = pick(bag)();
    n++;
    try { await c.query(sql); codes.set('ok', (codes.get('ok') ?? 0) + 1); }
    catch (e: any) {
      const key = `${e.code} ${e.constraint ?? ''} ${sql.slice(16, 34)}`;
      codes.set(key, (codes.get(key) ?? 0) + 1);
      if (!describeError(e) || ['40P01','57014','XX000'].includes(e.code)) console.log(e.code, e.message, e.detail, e.where, sql.slice(0, 200));
    }
  }
  await c.end();
}
async function worker() {
  const c = new pg.Client(url); await c.connect();
  await c.query("set statement_timeout='250ms'; set lock_timeout='200ms'");
  while (Date.now() < until + 6000) {
    for (const id of [s, s2]) {
      const got = (await c.query('select pg_try_advisory_lock(bulkhead_private.suite_lock_key($1)) as g', [id])).rows[0].g;
      if (!got) continue;
      for (let i = 0; i < 20; i++) {
        const op = (await c.query('select id, chunk_size from bulkhead_private.unfinished_operation($1) where id is not null', [id])).rows[0];
        if (!op) break;
        try { await c.query('select bulkhead_private.run_chunk($1,$2)', [id, op.id]); codes.set('chunk', (codes.get('chunk') ?? 0) + 1); }
        catch (e: any) {
          const key = `chunk ${e.code} ${e.constraint ?? ''}`; codes.set(key, (codes.get(key) ?? 0) + 1);
          if (!['55P03'].includes(e.code)) console.log('CHUNK', e.code, e.message, e.detail);
          try { await c.query('select bulkhead_private.fail_chunk($1,$2,$3,$4)', [id, op.id, e.code, e.message]); } catch (f: any) { console.log('FAIL', f.code, f.message) }
        }
      }
      await c.query('select pg_advisory_unlock(bulkhead_private.suite_lock_key($1))', [id]);
    }
    await new Promise((r) => setTimeout(r, 5));
  }
  await c.end();
}
await Promise.all([...Array.from({ length: 5 }, session), worker(), worker()]);
console.log(n, [...codes].sort((a, b) => b[1] - a[1]).map(([k, v]) => `${v} ${k}`).join('\n'));
const q = async (sql: string) => console.log(sql.slice(0, 60), JSON.stringify((await one.query(sql, [s])).rows));
await q(`select kind, state, count(*), sum(failed) as failed from bulkhead.bulk_operations where suite_id = $1 group by 1,2 order by 1,2`);
await q(`select e->>'code' as code, e->>'message' as m, count(*) from bulkhead.bulk_operations, jsonb_array_elements(first_errors) e where suite_id = $1 group by 1,2 order by 3 desc limit 12`);
await q(`select count(*) as chains from bulkhead.suite_tags a join bulkhead.suite_tags b on b.suite_id=a.suite_id and b.name=a.alias_of and b.alias_of is not null where a.suite_id=$1`);
await q(`select count(*) as alias_links from bulkhead.test_case_tags l join bulkhead.suite_tags t on t.suite_id=l.suite_id and t.name=l.tag and t.alias_of is not null where l.suite_id=$1`);
await q(`select count(*) as neg from bulkhead.bulk_operations where suite_id=$1 and least(changed,unchanged,skipped,failed) < 0`);
await q(`select count(*) as total_off from bulkhead.bulk_operations where suite_id=$1 and state='succeeded' and total <> processed`);
await one.end();
