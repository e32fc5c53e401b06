// What the workers of all engines share: the page's calls, and the clock.
'use strict';

// serve answers the page. An engine has load(spec), files(net), compile(spec, files, input), which may give what its stages took, run(), which gives the
// outputs, and whatever else it can be asked.
// eslint-disable-next-line no-unused-vars
function serve(engine) {
  const calls = {
    measure: (warm, times) => clock(() => engine.run(), warm, times),
    ...engine,

    // open makes the engine ready for a network and runs it once. Fetching the network is not counted.
    async open(spec) {
      const start = performance.now();
      await engine.load(spec);
      const loaded = performance.now();
      const files = await Promise.all(engine.files(spec.net).map(fetched));
      const input = new Float32Array(await fetched(`/nets/${spec.net}.input`));
      const fetchedAt = performance.now();
      const stages = await engine.compile(spec, files, input);
      const compiled = performance.now();
      const output = await engine.run();
      const first = performance.now() - compiled;
      return { load: loaded - start, compile: compiled - fetchedAt, first, output: Array.from(output), stages: stages || {} };
    },
  };
  onmessage = async ({ data: { id, op, args } }) => {
    try {
      postMessage({ id, value: await calls[op](...args) });
    } catch (error) {
      postMessage({ id, error: String((error && error.stack) || error) });
    }
  };
}

async function clock(run, warm, times) {
  for (let i = 0; i < warm; i++) await run();
  const list = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run();
    list.push(performance.now() - start);
  }
  return list;
}

async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.arrayBuffer();
}

// planes turns [height][width][3] into [3][height][width].
// eslint-disable-next-line no-unused-vars
function planes(image) {
  const out = new Float32Array(image.length);
  const area = image.length / 3;
  for (let i = 0; i < image.length; i++) out[(i % 3) * area + Math.floor(i / 3)] = image[i];
  return out;
}
