'use strict';
importScripts('/worker/common.js', '/wasm_exec.js');

let irum;

serve({
  async load() {
    const ready = new Promise((resolve) => { globalThis.irumReady = resolve; });
    const go = new Go();
    const { instance } = await WebAssembly.instantiateStreaming(fetch('/irum.wasm'), go.importObject);
    go.run(instance);
    irum = await ready;
  },
  files: (net) => [`/nets/${net}.onnx`],
  compile: (spec, [model], input) =>
    irum.compile(new Uint8Array(model), spec.variant, planes(input), spec.threads, spec.direct, spec.patch, spec.int8),
  run: () => irum.run(),
  measure: (warm, times) => irum.measure(warm, times), // by Go's clock: the input is a Go slice, as in the app
  profile: (times) => irum.profile(times),
});
