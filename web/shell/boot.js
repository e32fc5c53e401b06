// Starts Irum: loads and compiles app.wasm once, starts the API worker with it, looks for a server, and runs the page.
// What the page's Go (wasm/page) needs to know stands in the global `irum`. Events on window: irum:device (its state
// changed), irum:update (a new version is ready; irum.applyUpdate() takes it), irum:crash ({part, detail}).

import '/wasm_exec.js';
import { language, preference, text } from '/boot-texts.js';
import { rememberOutput } from '/output.js';

const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name="irum-${name}"]`)?.content || '';
const tell = (name, detail) => dispatchEvent(new CustomEvent(`irum:${name}`, { detail }));

const irum = {
  version: meta('version'),
  texts: null, // by language and key
  port: null, // MessagePort to the API worker
  device: { state: 'starting', why: '', detail: '' },
  server: 'unknown', // yes, no
  probe,
  applyUpdate: null, // a function when an update is ready
};
globalThis.irum = irum;
globalThis.goappUpdatedBeforeWasmLoaded = false;

start();

async function start() {
  showPreferences();
  dropOnlyWhereWanted();
  if (typeof WebAssembly !== 'object' || !WebAssembly.instantiate) return showError('no_wasm');
  if (await takeWaitingVersion()) return;
  probe();
  const compiled = compile();
  startDevice(compiled);
  let module;
  try {
    [module, irum.texts] = await Promise.all([compiled, texts()]);
  } catch (e) {
    console.error(e);
    return showError('load_failed', String(e));
  }
  performance.mark('irum-compiled');
  if ($('boot-text')) $('boot-text').textContent = text('starting');
  markWhenShown();
  runPage(module);
  setTimeout(registerServiceWorker, 1000);
}

function showPreferences() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = preference('theme') || (dark ? 'dark' : 'light');
  document.documentElement.lang = language;
}

/** A file dropped beside a drop zone must not replace the page. */
function dropOnlyWhereWanted() {
  for (const kind of ['dragover', 'drop']) {
    addEventListener(kind, (e) => {
      if (e.dataTransfer?.types.includes('Files')) e.preventDefault();
    });
  }
}

// ---- app.wasm

async function compile() {
  const response = await fetch('/app.wasm');
  if (!response.ok) throw new Error(`app.wasm: status ${response.status}`);
  const known = navigator.serviceWorker?.controller || !response.body;
  // From the service worker's cache it comes at once, and the browser may have kept the compiled code with it.
  return WebAssembly.compileStreaming(known ? response : withProgress(response, Number(meta('wasm-bytes'))));
}

async function texts() {
  const response = await fetch('/texts.json');
  if (!response.ok) throw new Error(`texts.json: status ${response.status}`);
  return response.json();
}

function withProgress(response, total) {
  let done = 0;
  const counter = new TransformStream({
    transform(chunk, out) {
      done += chunk.byteLength;
      const percent = Math.min(100, Math.floor((done * 100) / total));
      if ($('boot-progress') && total) {
        $('boot-progress').value = percent;
        $('boot-text').textContent = text('loading', percent);
      }
      out.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: { 'content-type': 'application/wasm' } });
}

/** For measurements: performance.getEntriesByName('irum-shown'), -compiled, -device. */
function markWhenShown() {
  const observer = new MutationObserver(() => {
    if ($('boot')) return;
    observer.disconnect();
    performance.mark('irum-shown');
  });
  observer.observe(document.body, { childList: true });
}

async function runPage(module) {
  const go = new Go();
  go.argv = ['irum', 'page'];
  const said = rememberOutput();
  let detail = '';
  try {
    const instance = await WebAssembly.instantiate(module, go.importObject);
    await go.run(instance);
  } catch (e) {
    detail = String(e);
  }
  go._resume = () => {}; // event handlers of a program that has ended
  crashed('page', detail || said() || 'the program ended');
}

// ---- the API worker

async function whyNoDevice() {
  if (!isSecureContext) return 'device_insecure';
  if (!navigator.storage?.getDirectory || !globalThis.FileSystemFileHandle?.prototype.move) return 'device_no_opfs';
  if (!globalThis.Worker || !navigator.locks || !globalThis.BroadcastChannel) return 'device_no_worker';
  try {
    await navigator.storage.getDirectory();
  } catch {
    return 'device_private_mode';
  }
  return '';
}

function startDevice(compiled) {
  const { port1, port2 } = new MessageChannel();
  irum.port = port1;
  whyNoDevice().then((why) => {
    if (why) return device({ state: 'failed', why });
    const worker = new Worker('/worker.js', { type: 'module', name: 'irum-api' });
    worker.postMessage({ role: 'api', port: port2, version: irum.version }, [port2]);
    compiled.then((module) => worker.postMessage({ module }), () => {});
    worker.onmessage = (e) => {
      const m = e.data;
      if (m.state) device({ state: m.state, why: m.state === 'failed' ? 'device_failed' : '', detail: m.detail || '' });
      if (m.exited) {
        device({ state: 'failed', why: 'device_crashed', detail: m.detail });
        crashed('device', m.detail);
      }
    };
    // A page that the browser keeps for the way back must not keep the data from other tabs.
    addEventListener('pagehide', () => worker.terminate());
    worker.onerror = (e) => device({ state: 'failed', why: 'device_failed', detail: e.message || 'the worker could not be loaded' });
  });
}

function device(change) {
  Object.assign(irum.device, change);
  if (change.state === 'ready') performance.mark('irum-device');
  if (change.state === 'failed') console.error('data on this device:', irum.device.why, irum.device.detail);
  tell('device', irum.device);
}

// ---- the server

let probing = null;
let probedAt = -Infinity;

/** Looks whether the server that the page came from has an API; at most every 5 s. Never rejects. */
function probe() {
  if (!probing || (irum.server === 'no' && performance.now() - probedAt > 5000)) {
    probedAt = performance.now();
    probing = fetch('/api/capabilities', { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(4000) })
      .then((r) => r.ok && (r.headers.get('content-type') || '').includes('json'))
      .catch(() => false)
      .then((yes) => {
        const was = irum.server;
        irum.server = yes ? 'yes' : 'no';
        if (was !== irum.server) tell('server', irum.server);
      });
  }
  return probing;
}

addEventListener('pageshow', (e) => {
  if (e.persisted) location.reload();
});

addEventListener('online', () => {
  probedAt = -Infinity;
  probe();
});

// ---- what is shown before and after the app

function showError(key, detail) {
  const boot = $('boot');
  if (!boot) return crashed('page', detail);
  boot.setAttribute('role', 'alert');
  $('boot-progress').hidden = true;
  $('boot-text').textContent = text(key);
  boot.append(detailLine(detail), reloadButton());
}

function crashed(part, detail) {
  tell('crash', { part, detail });
  if (part === 'page' && $('boot')) return showError('load_failed', detail);
  if ($('crash')) return;
  const box = document.createElement('div');
  box.id = 'crash';
  box.className = 'boot-crash';
  box.setAttribute('role', 'alert');
  const p = document.createElement('span');
  p.textContent = text(`${part}_crashed`);
  box.append(p, reloadButton());
  document.body.append(box);
}

function detailLine(detail) {
  const p = document.createElement('p');
  p.className = 'boot-detail';
  p.textContent = detail || '';
  return p;
}

function reloadButton() {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'boot-button';
  b.textContent = text('reload');
  b.onclick = () => location.reload();
  return b;
}

// ---- versions

/** Changes to a version that was loaded earlier, if no other tab is open. Gives true when the page reloads for it. */
async function takeWaitingVersion() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => null);
  if (!registration?.waiting || !navigator.serviceWorker.controller) return false;
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (e) => {
      if (!e.data) done(false);
    };
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      done(true);
      location.reload();
    }, { once: true });
    registration.waiting.postMessage({ activate: 'if-alone', port: port2 }, [port2]);
    setTimeout(() => done(false), 1500);
  });
}

async function registerServiceWorker() {
  if (!navigator.serviceWorker) return;
  let registration;
  try {
    registration = await navigator.serviceWorker.register('/sw.js', { type: 'module', updateViaCache: 'none' });
  } catch (e) {
    return console.warn('Irum will not open offline:', e);
  }
  const ready = (waiting) => {
    irum.applyUpdate = () => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage({ activate: 'now' });
    };
    tell('update');
    globalThis.goappUpdatedBeforeWasmLoaded = true;
    globalThis.goappOnUpdate?.();
  };
  if (registration.waiting && navigator.serviceWorker.controller) ready(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed' && navigator.serviceWorker.controller) ready(installing);
    });
  });
  const hour = 60 * 60 * 1000;
  setInterval(() => registration.update().catch(() => {}), hour);
}
