// Keeps all of Irum's files of one version, so that it opens and works without the server. It never touches /api/.

const VERSION = '{{.Version}}';
const FILES = {{.Files}};
const CACHE = `irum-${VERSION}`;

self.addEventListener('install', (e) => e.waitUntil(install()));

async function install() {
  const cache = await caches.open(CACHE);
  // no-cache: asks the server whether what the browser has is still the same.
  await cache.addAll(FILES.map((path) => new Request(path, { cache: 'no-cache' })));
  if (!self.registration.active) await self.skipWaiting();
}

self.addEventListener('activate', (e) => e.waitUntil(activate()));

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith('irum-') && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener('message', (e) => e.waitUntil(message(e.data)));

async function message(m) {
  if (m.activate === 'now') return self.skipWaiting();
  if (m.activate !== 'if-alone') return;
  const windows = await self.clients.matchAll({ includeUncontrolled: true, type: 'window' });
  const alone = windows.length <= 1;
  m.port.postMessage(alone);
  if (alone) await self.skipWaiting();
}

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  e.respondWith(answer(e.request, url));
});

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const path = request.mode === 'navigate' ? '/index.html' : url.pathname;
  return (await cache.match(path)) || fetch(request);
}
