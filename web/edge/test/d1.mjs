// D1 databases in workerd for tests in Go (server/store/storetest): POST /NAME asks one as d1.mjs does; POST /NAME/keep remembers
// its rows and /NAME/reset brings them back, so that a database that has been migrated once serves many tests. Prints its
// address and ends with its standard input.
import { readFileSync } from 'node:fs';
import { Miniflare } from 'miniflare';

const databases = Number(process.argv[2]);

const bridge = `
import { d1 } from './d1.mjs';

const kept = new Map();

async function tables(db) {
  const { results } = await db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\\\_cf%' ESCAPE '\\\\' AND name NOT LIKE 'sqlite%'").all();
  return results.map(({ name }) => name);
}

async function keep(db) {
  const rows = {};
  for (const table of await tables(db)) rows[table] = (await db.prepare('SELECT * FROM ' + table).all()).results;
  return rows;
}

async function reset(db, rows) {
  const batch = [db.prepare('PRAGMA defer_foreign_keys = on')];
  for (const table of Object.keys(rows)) batch.push(db.prepare('DELETE FROM ' + table));
  for (const [table, all] of Object.entries(rows)) {
    for (const row of all) {
      const names = Object.keys(row);
      batch.push(db.prepare('INSERT INTO ' + table + ' (' + names + ') VALUES (' + names.map(() => '?') + ')').bind(...Object.values(row)));
    }
  }
  await db.batch(batch);
}

export default {
  async fetch(request, env) {
    const [, name, action] = new URL(request.url).pathname.split('/');
    if (action === 'keep') kept.set(name, await keep(env[name]));
    else if (action === 'reset') await reset(env[name], kept.get(name));
    else return new Response(await d1(env[name], await request.text()));
    return new Response(null, { status: 204 });
  },
};`;

const mf = new Miniflare({
  compatibilityDate: '2026-07-01',
  modules: [
    { type: 'ESModule', path: 'bridge.mjs', contents: bridge },
    { type: 'ESModule', path: 'd1.mjs', contents: readFileSync(new URL('../d1.mjs', import.meta.url), 'utf8') },
  ],
  d1Databases: Object.fromEntries(Array.from({ length: databases }, (_, i) => [`d${i}`, `d${i}`])),
});
console.log(String(await mf.ready));
process.stdin.resume().on('end', async () => {
  await mf.dispose();
  process.exit();
});
