'use strict';
importScripts('/worker/common.js');

const home = '/npm/@litertjs/core/';
let litert, model, image, shape;

serve({
  async load({ threads }) {
    litert = await import(`${home}dist/index.js`);
    // Its loader looks for the files beside the worker's script.
    const script = threads > 1 ? 'litert_wasm_threaded_internal.js' : 'litert_wasm_internal.js';
    globalThis.Module = { locateFile: (name) => `${home}wasm/${name}`, mainScriptUrlOrBlob: `${home}wasm/${script}` };
    await litert.loadLiteRt(`${home}wasm/`, { threads: threads > 1 });
  },
  files: (net) => [`/nets/${net}.tflite`],
  async compile({ size, threads }, [data], input) {
    model = await litert.loadAndCompile(new Uint8Array(data), { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
    image = input;
    shape = [1, size, size, 3];
  },
  async run() {
    const x = new litert.Tensor(image, shape);
    const results = await model.run(x);
    const out = results[0].toTypedArray().slice();
    for (const t of [x, ...results]) t.delete();
    return out;
  },
});
