// Starts an engine worker. Gives {port, ended, end} to Go (wasm/engines).

/** module: the compiled app.wasm, or a promise of it. */
export function startEngine(module) {
  const worker = new Worker('/worker.js', { type: 'module', name: 'irum-engine' });
  const { port1, port2 } = new MessageChannel();
  let settle;
  const ended = new Promise((done) => { settle = done; });
  const end = () => {
    worker.terminate();
    port1.close();
    settle();
  };
  worker.onmessage = (e) => {
    if (e.data.exited) end();
  };
  worker.onerror = end;
  Promise.resolve(module).then((m) => worker.postMessage({ role: 'engine', module: m, port: port2 }, [port2]));
  return { port: port1, ended, end };
}
