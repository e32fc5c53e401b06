// What the store asks of D1 (server/store/d1.go), as JSON in both directions: Go reaches JavaScript one value at a time, and a
// text is one value.

/**
 * Runs {"rows": boolean, "batch": [[sql, arguments], ...]} and gives {"rows": [[value, ...], ...]} of the one statement,
 * {"changed": [number, ...]} of all, or {"error": message}. Bytes are {"bytes": base64}.
 */
export async function d1(db, text) {
  try {
    const { rows, batch } = JSON.parse(text);
    const bound = batch.map(([sql, args]) => db.prepare(sql).bind(...args.map(argument)));
    if (rows) return JSON.stringify({ rows: (await bound[0].raw()).map((row) => row.map(value)) });
    const done = bound.length === 1 ? [await bound[0].run()] : await db.batch(bound);
    return JSON.stringify({ changed: done.map(({ meta }) => meta.changes) });
  } catch (e) {
    return JSON.stringify({ error: e.message });
  }
}

const argument = (v) => (v?.bytes === undefined ? v : Uint8Array.from(atob(v.bytes), (c) => c.charCodeAt(0)));

/** D1 gives bytes as an array of numbers. */
const value = (v) => (Array.isArray(v) ? { bytes: btoa(v.map((b) => String.fromCharCode(b)).join('')) } : v);
