// Runs a test of Go, built for the browser, inside workerd, with R2 where github.com/syumai/workers looks for it:
//   GOOS=js GOARCH=wasm go test -exec "node web/edge/test/exec.mjs" ./wasm/r2
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Miniflare } from 'miniflare';

const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
const runtime = readFileSync(`${root}/lib/wasm/wasm_exec.js`, 'utf8');
const [, , program, ...args] = process.argv;

const worker = `
import module from './test.wasm';
import { load } from './go.mjs';

export default {
  async fetch(request, env, ctx) {
    let output = '';
    const text = new TextDecoder();
    const global = {
      Array, ArrayBuffer, Date, Error, FixedLengthStream, Headers, Object, Promise, ReadableStream, Request, Response, Uint8Array, Uint8ClampedArray,
      crypto, performance, TextDecoder, TextEncoder, context: { env, ctx, binding: {} },
      async emptyBucket() {
        for (let page = await env.BLOBS.list(); page.objects.length > 0; page = await env.BLOBS.list()) {
          await env.BLOBS.delete(page.objects.map(({ key }) => key));
        }
      },
    };
    const Go = load(global);
    global.fs.writeSync = (fd, bytes) => { output += text.decode(bytes, { stream: true }); return bytes.length; };
    const go = new Go();
    go.argv = ['test', ...await request.json()];
    let code = 0;
    go.exit = (c) => { code = c; };
    await go.run(new WebAssembly.Instance(module, { ...go.importObject, workers: { ready() {} } }));
    return Response.json({ output, code });
  },
};`;

const mf = new Miniflare({
  compatibilityDate: '2026-07-01',
  modules: [
    { type: 'ESModule', path: 'worker.mjs', contents: worker },
    {
      type: 'ESModule', path: 'go.mjs',
      contents: `export function load(globalThis) { const fs = { writeSync: (fd, b) => globalThis.fs.writeSync(fd, b) };\n${runtime}\nreturn globalThis.Go; }`,
    },
    { type: 'CompiledWasm', path: 'test.wasm', contents: readFileSync(program) },
  ],
  r2Buckets: ['BLOBS'],
});
const answer = await mf.dispatchFetch('http://test/', { method: 'POST', body: JSON.stringify(args.filter((a) => !a.startsWith('-test.testlogfile'))) });
const { output, code } = await answer.json();
process.stdout.write(output);
await mf.dispose();
process.exit(code);
