'use strict';
importScripts('/worker/common.js');

const home = '/npm/@tensorflow/';
let layers, image, shape;

serve({
  async load({ threads }) {
    // TensorFlow.js takes at most half of the cores that the browser names.
    if (threads > 1) Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 2 * threads });
    importScripts(`${home}tfjs-core/dist/tf-core.min.js`, `${home}tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
    tf.wasm.setWasmPaths(`${home}tfjs-backend-wasm/dist/`);
    tf.wasm.setThreadsCount(threads);
    if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    tf.enableProdMode();
    if (!await tf.setBackend('wasm')) throw new Error('the wasm backend does not start');
    await tf.ready();
    if (threads > 1 && tf.wasm.getThreadsCount() !== threads) throw new Error(`it took ${tf.wasm.getThreadsCount()} threads`);
  },
  files: (net) => [`/nets/${net}.json`, `/nets/${net}.bin`],
  compile({ size }, [list, weights], input) {
    layers = JSON.parse(new TextDecoder().decode(list));
    layers.forEach((l, i) => {
      for (const key of ['weights', 'bias']) {
        if (!l[key]) continue;
        const length = l[key].shape.reduce((a, b) => a * b, 1);
        l[key] = tf.tensor(new Float32Array(weights, 4 * l[key].offset, length), l[key].shape);
      }
      l.last = -1;
      for (const j of l.op === 'add' ? [l.in, l.with] : [l.in]) if (j >= 0) layers[j].last = i;
    });
    image = input;
    shape = [1, size, size, 3];
  },
  run() {
    const results = [];
    const x = tf.tensor4d(image, shape);
    layers.forEach((l, i) => {
      results.push(step(l, l.in < 0 ? x : results[l.in], results));
      results.forEach((r, j) => { if (layers[j].last === i) r.dispose(); }); // as its graph executor does
    });
    x.dispose();
    const y = results[results.length - 1];
    const out = y.dataSync();
    y.dispose();
    return out;
  },
});

// step runs one layer with the operator that TensorFlow.js' own converter would choose.
function step(l, x, results) {
  const fused = { strides: l.stride, pad: 'same', dataFormat: 'NHWC', bias: l.bias, activation: l.act || 'linear' };
  switch (l.op) {
    case 'conv': return tf.fused.conv2d({ x, filter: l.weights, ...fused });
    case 'depthwise': return tf.fused.depthwiseConv2d({ x, filter: l.weights, ...fused });
    case 'dense': return tf.fused.matMul({ a: x, b: l.weights, bias: l.bias });
    case 'maxpool': return tf.maxPool(x, l.kernel, l.stride, 'same');
    case 'average': return tf.tidy(() => tf.reshape(tf.avgPool(x, l.side, 1, 'valid'), [1, -1]));
    case 'add': return tf.tidy(() => {
      const sum = tf.add(x, results[l.with]);
      return l.act === 'relu' ? tf.relu(sum) : sum;
    });
  }
  throw new Error(`no operator ${l.op}`);
}
