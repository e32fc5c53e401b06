// The Worker: hands what asks for the API to Go (wasm/edge), all else to the static files.
import module from './irum.wasm';
import { load } from './go.mjs';
import { d1 } from './d1.mjs';

const programs = 4; // that run at the same time, each with a memory of its own, of the 128 MB that a Worker has
const patience = 10_000; // milliseconds that a request waits for a program
const lease = 60_000; // after which a program that has not answered counts as lost
const uses = 1000; // after which a program makes place for a fresh one

const idle = [];
const busy = new Map(); // program: since when

/**
 * One running Go program. It serves one request at a time: workerd lets a request use only what it has made itself, and Go
 * goes on with whatever waits. So timers are stopped when a request has ended and started anew, in its own name, by the next.
 */
class Program {
  used = 0;
  over = false;
  timers = new Map(); // Go's id: {call, due, real}
  context = { binding: {} }; // where github.com/syumai/workers looks for env, ctx and binding

  async start(env, ctx) {
    const own = {
      Array, ArrayBuffer, Blob, Date, Error, FixedLengthStream, Headers, Object, Promise, ReadableStream, Request, Response,
      Uint8Array, Uint8ClampedArray, crypto, performance, TextDecoder, TextEncoder, d1, context: this.context,
    };
    const Go = load(own, (call, delay) => this.setTimer(call, delay), (id) => this.clearTimer(id));
    const go = new Go();
    go.exit = () => {
      this.over = true;
      this.fail?.(new Error('the program ended'));
    };
    await this.within(env, ctx, (resolve) => {
      go.run(new WebAssembly.Instance(module, { ...go.importObject, workers: { ready: resolve } }));
    });
    this.resting = this.context.binding.goroutines();
  }

  /** Calls a function that Go has bound, with one argument, on behalf of a request. */
  call(name, argument, env, ctx) {
    this.used++;
    return this.within(env, ctx, (resolve, reject) => this.context.binding[name](argument).then(resolve, reject));
  }

  async within(env, ctx, run) {
    Object.assign(this.context, { env, ctx });
    for (const [id, { call, due }] of this.timers) this.arm(id, call, due);
    try {
      return await new Promise((resolve, reject) => {
        this.fail = reject;
        run(resolve, reject);
      });
    } finally {
      this.fail = null;
      for (const timer of this.timers.values()) clearTimeout(timer.real);
    }
  }

  setTimer(call, delay) {
    const id = (this.lastTimer = (this.lastTimer ?? 0) + 1);
    this.arm(id, call, Date.now() + delay);
    return id;
  }

  arm(id, call, due) {
    const real = setTimeout(() => {
      this.timers.delete(id);
      call();
    }, Math.max(0, due - Date.now()));
    this.timers.set(id, { call, due, real });
  }

  clearTimer(id) {
    clearTimeout(this.timers.get(id)?.real);
    this.timers.delete(id);
  }

  /** Whether another request may use it: nothing of the last one is still at work. */
  get rested() {
    return !this.over && this.used < uses && this.context.binding.goroutines() <= this.resting;
  }
}

/** Gives a program that nobody uses, or starts one. Waits by a timer of its own request, never by another's promise. */
async function take(env, ctx) {
  for (const until = Date.now() + patience; ;) {
    for (const [program, since] of busy) if (Date.now() - since > lease) busy.delete(program);
    let program = idle.pop();
    if (program || busy.size < programs) {
      const fresh = !program;
      program ??= new Program();
      busy.set(program, Date.now());
      if (fresh) {
        await program.start(env, ctx).catch((e) => {
          busy.delete(program);
          throw e;
        });
      }
      return program;
    }
    if (Date.now() > until) return null;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function run(name, argument, env, ctx) {
  const program = await take(env, ctx);
  if (!program) return problem(503, 'unavailable', 'Too many ask at the same time. Try again in a moment.', 2);
  try {
    return await program.call(name, argument, env, ctx);
  } finally {
    if (busy.delete(program) && program.rested) idle.push(program);
  }
}

async function answer(request, env, ctx) {
  try {
    return await run('handleRequest', request, env, ctx);
  } catch (e) {
    console.error('the API failed:', e);
    return problem(500, 'internal', 'Something went wrong inside Irum. The log has the details.');
  } finally {
    // A refused request's body is taken too, if it is not long: the connection would break off before the answer is read.
    if (request.body && !request.bodyUsed && Number(request.headers.get('content-length')) <= 1 << 20) await request.arrayBuffer();
  }
}

/** An answer of the API's shape that Go did not give (RFC 9457). */
function problem(status, code, detail, wait) {
  return Response.json({ type: 'about:blank', title: titles[status], status, detail, code, ...(wait && { retry_after: wait }) }, {
    status,
    headers: {
      'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'", 'cross-origin-resource-policy': 'same-origin',
      ...(wait && { 'retry-after': String(wait) }),
    },
  });
}

const titles = { 429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable' };

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith('/api/')) return env.ASSETS.fetch(request);
    const address = request.headers.get('cf-connecting-ip') ?? '';
    if (env.LIMIT && !request.headers.has('authorization') && !(await env.LIMIT.limit({ key: address })).success) {
      return problem(429, 'too_many', 'This address has asked more often than a demo allows. Wait a minute.', 60);
    }
    const answered = answer(request, env, ctx);
    ctx.waitUntil(answered); // also when the client has gone: the program is free again only when it has answered
    return answered;
  },

  async scheduled(event, env, ctx) {
    await run('runScheduler', event, env, ctx);
  },
};
