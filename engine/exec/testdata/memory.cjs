// For node --require: shows the memory of the Go program that is started as globalThis.irum.memory, as web/shell/worker.js does.
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (...args) => {
  const made = await instantiate.apply(WebAssembly, args);
  const memory = (made.instance ?? made).exports.mem;
  if (memory) globalThis.irum = { ...globalThis.irum, memory };
  return made;
};
