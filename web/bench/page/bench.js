// The page of web/bench: it keeps the workers in which the engines run, and hands on what the driver asks of them.
'use strict';

class Remote {
  constructor(script) {
    this.worker = new Worker(script);
    this.waiting = new Map();
    this.next = 0;
    this.worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('error' in data) reject(new Error(data.error));
      else resolve(data.value);
    };
    this.worker.onerror = (e) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${script}: ${e.message}`));
      this.waiting.clear();
    };
  }

  call(op, ...args) {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, op, args });
    });
  }
}

const contestants = new Map();

globalThis.bench = {
  // open starts spec.workers workers of spec.engine and gives what the first of them tells.
  async open(key, spec) {
    const workers = [];
    contestants.set(key, workers);
    const told = [];
    for (let i = 0; i < spec.workers; i++) {
      workers.push(new Remote(`worker/${spec.engine}.js`));
      told.push(await workers[i].call('open', spec));
    }
    return told[0];
  },

  // measure gives milliseconds for each image: of each run, or with several workers of all their runs side by side.
  async measure(key, warm, times) {
    const workers = contestants.get(key);
    if (workers.length === 1) return workers[0].call('measure', warm, times);
    await Promise.all(workers.map((w) => w.call('measure', warm, 1)));
    const start = performance.now();
    await Promise.all(workers.map((w) => w.call('measure', 0, times)));
    return [(performance.now() - start) / (times * workers.length)];
  },

  // close ends the workers of a contestant.
  close(key) {
    for (const remote of contestants.get(key)) remote.worker.terminate();
    return contestants.delete(key);
  },

  // ask calls an operation that only some engines have.
  ask: (key, op, ...args) => contestants.get(key)[0].call(op, ...args),
};
