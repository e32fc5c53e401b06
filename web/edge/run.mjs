// Runs the edge host (web/edge/dist) in workerd, with D1, R2 and the limit of requests, as wrangler.jsonc binds them:
//   node web/edge/run.mjs [--port 8787] [--data FOLDER] [--limit 600] [--wrap FILE] [NAME=VALUE ...]
// Without --data nothing is kept. NAME=VALUE sets variables and secrets, --limit the requests of an address in a minute. FILE, for
// tests, is a Worker around worker.mjs. Prints the address, and ends with its standard input when that is no terminal.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Miniflare } from 'miniflare';

const here = (name) => new URL(name, import.meta.url);
const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '0' }, data: { type: 'string' }, wrap: { type: 'string' }, limit: { type: 'string' } },
  allowPositionals: true,
});
const config = JSON.parse(readFileSync(here('wrangler.jsonc'), 'utf8').replace(/^\s*\/\/.*$/gm, ''));
if (!existsSync(here('dist/worker.mjs'))) {
  console.error('web/edge/dist is empty: run make edge');
  process.exit(1);
}

const file = (type, name, at = here(`dist/${name}`)) => ({ type, path: name, contents: readFileSync(at) });
const modules = [file('ESModule', 'worker.mjs'), file('ESModule', 'go.mjs'), file('ESModule', 'd1.mjs'), file('CompiledWasm', 'irum.wasm')];
if (values.wrap) modules.unshift(file('ESModule', 'wrap.mjs', here(values.wrap)));
const [limit] = config.ratelimits;
if (values.limit) limit.simple.limit = Number(values.limit);

const mf = new Miniflare({
  port: Number(values.port),
  compatibilityDate: config.compatibility_date,
  compatibilityFlags: config.compatibility_flags,
  modules,
  assets: {
    directory: here('dist/public').pathname,
    binding: config.assets.binding,
    routerConfig: { has_user_worker: true, static_routing: { user_worker: config.assets.run_worker_first } },
    assetConfig: { not_found_handling: config.assets.not_found_handling },
  },
  d1Databases: config.d1_databases.map(({ binding }) => binding),
  r2Buckets: config.r2_buckets.map(({ binding }) => binding),
  ratelimits: { [limit.name]: { namespace_id: limit.namespace_id, simple: limit.simple } },
  bindings: { ...config.vars, ...Object.fromEntries(positionals.map((p) => p.split(/=(.*)/s).slice(0, 2))) },
  ...(values.data && { defaultPersistRoot: values.data, d1Persist: `${values.data}/d1`, r2Persist: `${values.data}/r2` }),
});
console.log(String(await mf.ready));

async function end() {
  await mf.dispose();
  process.exit();
}
process.on('SIGINT', end).on('SIGTERM', end);
if (!process.stdin.isTTY) process.stdin.resume().on('end', end);
