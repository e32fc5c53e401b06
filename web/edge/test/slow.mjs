// The edge host for tests: a request with the header x-slow waits so many milliseconds for each answer of D1, and /test/cron
// does what the schedule does.
import worker from './worker.mjs';

function slow(db, wait) {
  const late = async (answer) => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    return answer();
  };
  const around = (bound) => ({ bound, raw: () => late(() => bound.raw()), run: () => late(() => bound.run()) });
  return {
    prepare: (sql) => ({ bind: (...args) => around(db.prepare(sql).bind(...args)) }),
    batch: (all) => late(() => db.batch(all.map(({ bound }) => bound))),
  };
}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/api/test/cron') {
      await worker.scheduled({ cron: 'test', scheduledTime: Date.now() }, env, ctx);
      return new Response(null, { status: 204 });
    }
    const wait = Number(request.headers.get('x-slow'));
    return worker.fetch(request, wait ? { ...env, DB: slow(env.DB, wait) } : env, ctx);
  },
};
