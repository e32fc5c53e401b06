'use strict';
importScripts('/worker/common.js');

const home = '/npm/onnxruntime-web/dist/';
let ort, session, x;

serve({
  async load({ threads }) {
    ort = await import(`${home}ort.wasm.min.mjs`);
    ort.env.wasm.wasmPaths = home;
    ort.env.wasm.numThreads = threads;
  },
  files: (net) => [`/nets/${net}.onnx`],
  async compile({ size, threads }, [model], input) {
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
    x = new ort.Tensor('float32', planes(input), [1, 3, size, size]);
    if (ort.env.wasm.numThreads !== threads) throw new Error(`it took ${ort.env.wasm.numThreads} threads`);
  },
  run: async () => (await session.run({ x })).y.data,
});
