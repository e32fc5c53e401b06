// Renews the stored outputs of the whole-network tests with ONNX Runtime Web. In a scratch folder:
//
//   npm install onnxruntime-web@1.30.0
//   go test <repository>/engine -run TestWholeNetworks -write "$PWD/models"
//   node <repository>/engine/testdata/onnxruntime.mjs "$PWD/models" <repository>/engine/testdata
//
// For every models/NAME.onnx it runs the fixed noise of engine_test.go and writes all outputs, one after the other, as
// little-endian float32 to NAME.f32.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [models, target] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), 'here.js'));
const ort = require('onnxruntime-web');
ort.env.wasm.numThreads = 1;

function noise(n) {
  const out = new Float32Array(n);
  for (let i = 0, state = 1; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = (state >>> 8) / (1 << 23) - 1;
  }
  return out;
}

for (const file of readdirSync(models).filter((f) => f.endsWith('.onnx'))) {
  const session = await ort.InferenceSession.create(readFileSync(join(models, file)), { executionProviders: ['wasm'] });
  const shape = session.inputMetadata[0].shape.map((d) => (typeof d === 'number' && d > 0 ? d : 1));
  const input = new ort.Tensor('float32', noise(shape.reduce((a, b) => a * b, 1)), shape);
  const results = await session.run({ [session.inputNames[0]]: input });
  const parts = session.outputNames.map((name) => Buffer.from(results[name].data.buffer, results[name].data.byteOffset, results[name].data.byteLength));
  writeFileSync(join(target, file.replace('.onnx', '.f32')), Buffer.concat(parts));
  console.log(file, session.outputNames.map((name) => `${name} ${results[name].dims}`).join(', '));
}
