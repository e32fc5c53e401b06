// A thread that helps to run a network: Irum's engine starts it as a worker of this script, in the browser or in Node, and
// gives it the compiled network and the shared memory. It is in WebAssembly until the session is closed.

function help({ module, memory }) {
  new WebAssembly.Instance(module, { env: { memory } }).exports.help();
}

if (typeof WorkerGlobalScope === 'undefined') {
  require('node:worker_threads').parentPort.once('message', help);
} else {
  onmessage = (e) => {
    help(e.data);
    close();
  };
}
