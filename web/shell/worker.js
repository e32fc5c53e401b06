// The worker of the API and of each engine: starts Go in the role that the first message names.
//
// One tab of this browser owns the data (a Web Lock says which); its API worker serves the other tabs too. Theirs pass
// requests on over a BroadcastChannel and take over as soon as the owner's tab is closed.

import '/wasm_exec.js';
import { startEngine } from '/engine.js';
import { rememberOutput } from '/output.js';
import { openSQLite } from '/sqlite.js';

const LOCK = 'irum-device';
const CHANNEL = 'irum-device';

let giveModule;
const moduleGiven = new Promise((done) => { giveModule = done; });

addEventListener('message', (e) => {
  const m = e.data;
  if (m.module) giveModule(m.module);
  if (m.role === 'api') api(m);
  if (m.role === 'engine') engine(m);
});

/** Runs app.wasm in a role, with what it finds as globalThis.irum. A Go program that ends is told to whoever made this worker. */
async function run(role, host) {
  globalThis.irum = host;
  const go = new Go();
  go.argv = ['irum', role];
  const said = rememberOutput();
  let code = 0;
  go.exit = (c) => { code = c; };
  try {
    const instance = await WebAssembly.instantiate(await moduleGiven, go.importObject);
    host.memory = instance.exports.mem; // its module of kernels works there
    await go.run(instance);
    postMessage({ exited: true, detail: said() || `exit status ${code}` });
  } catch (e) {
    postMessage({ exited: true, detail: String(e) });
  }
}

function engine({ port }) {
  run('engine', { port });
}

// ---- the API

const unavailable = (detail) => ({
  status: 503,
  contentType: 'application/problem+json',
  body: new TextEncoder().encode(JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'unavailable', detail })).buffer,
});

const transferable = (body) => (body instanceof ArrayBuffer ? [body] : []);

/** m: {port, version}. port carries {id, method, path, body, file} or {id, cancel} in, {id, status, contentType, body} out. */
function api({ port, version }) {
  const own = { answer: (m) => port.postMessage(m, transferable(m.body)) };
  const channel = new BroadcastChannel(CHANNEL);
  const follower = new Follower(channel, own);
  let owner = null;
  port.onmessage = (e) => (owner ? owner.take(own, e.data) : follower.send(e.data));
  const lead = () => {
    owner = new Owner(channel, version);
    for (const request of follower.stop()) owner.take(own, request);
    return new Promise(() => {}); // the lock is held until this worker ends
  };
  navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
    if (lock) return lead();
    follower.start();
    navigator.locks.request(LOCK, lead);
  });
}

class Owner {
  constructor(channel, version) {
    this.name = crypto.randomUUID();
    this.channel = channel;
    this.keys = 0;
    this.running = new Map(); // by who asked and their id: key of the request in Go
    this.started = this.start(version);
    channel.onmessage = (e) => {
      const m = e.data;
      if (m.hello) channel.postMessage({ owner: this.name });
      if (m.to === this.name) this.take(this.tab(m.from), m.request);
    };
    channel.postMessage({ owner: this.name });
  }

  tab(name) { return { name, answer: (m) => this.channel.postMessage({ to: name, answer: m }) }; }

  async start(version) {
    let databases;
    try {
      databases = await openSQLite('.irum-sqlite');
    } catch (e) {
      return this.failed(String(e));
    }
    return new Promise((done) => {
      const ready = (serve, cancel) => {
        postMessage({ state: 'ready' });
        done({ serve, cancel });
      };
      const failed = (detail) => done(this.failed(detail));
      run('api', { databases, version, ready, failed, startEngine: () => startEngine(moduleGiven) });
    });
  }

  failed(detail) {
    postMessage({ state: 'failed', detail });
    const answer = unavailable(`The data on this device cannot be opened: ${detail}`);
    return { serve: (key, request, reply) => reply(answer.status, answer.contentType, answer.body.slice(0)), cancel: () => {} };
  }

  async take(from, request) {
    const name = `${from.name || ''}/${request.id}`;
    const { serve, cancel } = await this.started;
    if (request.cancel) {
      if (this.running.has(name)) cancel(this.running.get(name));
      return;
    }
    const key = ++this.keys;
    this.running.set(name, key);
    serve(key, request, (status, contentType, body) => {
      this.running.delete(name);
      from.answer({ id: request.id, status, contentType, body });
    });
  }
}

class Follower {
  constructor(channel, own) {
    this.name = crypto.randomUUID();
    this.channel = channel;
    this.own = own;
    this.owner = null;
    this.pending = new Map(); // id: {request, sent}
  }

  start() {
    this.channel.onmessage = (e) => {
      const m = e.data;
      if (m.owner && m.owner !== this.owner) this.follow(m.owner);
      if (m.to === this.name && this.pending.delete(m.answer.id)) this.own.answer(m.answer);
    };
    this.channel.postMessage({ hello: true });
  }

  follow(owner) {
    this.owner = owner;
    postMessage({ state: 'ready', shared: true });
    for (const request of this.survivors()) this.pass(request);
  }

  send(request) {
    if (request.cancel) {
      if (this.owner) this.channel.postMessage({ to: this.owner, from: this.name, request });
      return;
    }
    this.pending.set(request.id, { request, sent: false });
    if (this.owner) this.pass(request);
  }

  pass(request) {
    this.pending.set(request.id, { request, sent: true });
    this.channel.postMessage({ to: this.owner, from: this.name, request });
  }

  /** The requests that a new owner can be given. A write that the former owner had may have been done: it is not repeated. */
  survivors() {
    const keep = [];
    for (const [id, { request, sent }] of this.pending) {
      if (!sent || request.method === 'GET') keep.push(request);
      else {
        this.pending.delete(id);
        this.own.answer({ id, ...unavailable('The tab that kept the data was closed meanwhile. Look whether the change was made, and try again if not.') });
      }
    }
    return keep;
  }

  stop() {
    const keep = this.survivors();
    this.pending.clear();
    return keep;
  }
}
