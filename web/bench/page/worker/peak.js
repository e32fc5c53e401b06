'use strict';
importScripts('/worker/common.js');

let peak;

// The machine's rate of fused multiply-adds, as an engine whose run is one loop of spec.size rounds.
serve({
  async load({ size }) {
    const { instance } = await WebAssembly.instantiateStreaming(fetch('/peak.wasm'));
    peak = () => instance.exports.run(size);
  },
  files: () => [],
  compile: () => {},
  run: () => [peak()],
});
