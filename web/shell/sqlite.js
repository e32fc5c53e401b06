// Opens SQLite on OPFS and gives Go (wasm/sqlite) a narrow interface: whole argument lists and many rows cross as bytes,
// encoded as wasm/sqlite/wire.go says. Text and blobs are copied from SQLite's memory as they are.

globalThis.sqlite3ApiConfig = {
  // Only the pool VFS is used: the others would start workers of their own.
  disable: { vfs: { opfs: true, 'opfs-wl': true, kvvfs: true } },
  warn: () => {},
  log: () => {},
  debug: () => {},
};

const NULL = 0, INT = 1, FLOAT = 2, TEXT = 3, BLOB = 4;
const OK = 0, ROW = 100, DONE = 101;
const BATCH = 256 * 1024; // bytes of rows per call, at least one row

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Starts SQLite. With a directory the databases are kept there in OPFS, without one they are in memory. */
export async function openSQLite(directory) {
  const { default: init } = await import('/sqlite/index.mjs');
  const sqlite3 = await init();
  let vfs = '';
  if (directory) {
    // A worker that has just ended may hold its files for a moment. preserveOnInitFailure: without it a failure
    // here deletes the databases.
    for (let attempt = 0; ; attempt++) {
      try {
        const pool = await sqlite3.installOpfsSAHPoolVfs({
          directory, initialCapacity: 6, preserveOnInitFailure: true, forceReinitIfPreviouslyFailed: true,
        });
        vfs = pool.vfsName;
        break;
      } catch (e) {
        if (attempt >= 20) throw e;
        await sleep(100);
      }
    }
  }
  return new Databases(sqlite3, vfs);
}

class Databases {
  constructor(sqlite3, vfs) {
    this.sqlite3 = sqlite3;
    this.vfs = vfs;
  }

  /** Opens a file of an absolute path, or a database in memory where there is no directory. */
  open(path) {
    const db = this.vfs ? new this.sqlite3.oo1.DB({ filename: path, flags: 'c', vfs: this.vfs }) : new this.sqlite3.oo1.DB(':memory:', 'c');
    return new Connection(this.sqlite3, db);
  }

  get version() { return this.sqlite3.version.libVersion; }
}

class Connection {
  constructor(sqlite3, db) {
    this.db = db;
    this.x = sqlite3.wasm.exports;
    this.wasm = sqlite3.wasm;
    this.p = db.pointer;
    this.out = new Uint8Array(BATCH * 2);
    this.outView = new DataView(this.out.buffer);
    this.slot = sqlite3.wasm.alloc(8); // two pointers: statement and tail
    this.text = new TextDecoder();
  }

  close() {
    this.wasm.dealloc(this.slot);
    this.db.close();
  }

  fail(code) {
    let at = this.x.sqlite3_errmsg(this.p);
    const heap = this.wasm.heap8u();
    let end = at;
    while (heap[end]) end++;
    const e = new Error(this.text.decode(heap.slice(at, end)));
    e.name = 'SQLite';
    e.code = this.x.sqlite3_extended_errcode(this.p) || code;
    return e;
  }

  /** Prepares the first statement of sql (UTF-8). Gives [statement or 0 when there is none, bytes used, number of columns, number of arguments]. */
  prepare(sql) {
    const n = sql.byteLength;
    const p = this.wasm.alloc(n + 1);
    try {
      const heap = this.wasm.heap8u();
      heap.set(sql, p);
      heap[p + n] = 0;
      const rc = this.x.sqlite3_prepare_v3(this.p, p, n + 1, 0, this.slot, this.slot + 4);
      if (rc !== OK) throw this.fail(rc);
      const view = new DataView(this.wasm.heap8u().buffer);
      const stmt = view.getUint32(this.slot, true);
      const used = view.getUint32(this.slot + 4, true) - p;
      return stmt ? [stmt, used, this.x.sqlite3_column_count(stmt), this.x.sqlite3_bind_parameter_count(stmt)] : [0, used, 0, 0];
    } finally {
      this.wasm.dealloc(p);
    }
  }

  columns(stmt) {
    const names = [];
    const n = this.x.sqlite3_column_count(stmt);
    for (let i = 0; i < n; i++) names.push(this.wasm.cstrToJs(this.x.sqlite3_column_name(stmt, i)));
    return names;
  }

  /** Binds encoded arguments. */
  bind(stmt, args) {
    const view = new DataView(args.buffer, args.byteOffset, args.byteLength);
    let at = 0;
    for (let i = 1; at < args.byteLength; i++) {
      let rc;
      switch (args[at++]) {
        case NULL:
          rc = this.x.sqlite3_bind_null(stmt, i);
          break;
        case INT:
          rc = this.x.sqlite3_bind_int64(stmt, i, view.getBigInt64(at, true));
          at += 8;
          break;
        case FLOAT:
          rc = this.x.sqlite3_bind_double(stmt, i, view.getFloat64(at, true));
          at += 8;
          break;
        case TEXT:
          [rc, at] = this.bindBytes(stmt, i, args, view, at, true);
          break;
        default:
          [rc, at] = this.bindBytes(stmt, i, args, view, at, false);
      }
      if (rc !== OK) throw this.fail(rc);
    }
  }

  bindBytes(stmt, i, args, view, at, isText) {
    const n = view.getUint32(at, true);
    at += 4;
    const p = this.wasm.alloc(n || 1); // an address even for nothing: a null one would bind NULL
    try {
      this.wasm.heap8u().set(args.subarray(at, at + n), p);
      // -1 is SQLITE_TRANSIENT: SQLite copies.
      const rc = isText ? this.x.sqlite3_bind_text(stmt, i, p, n, -1) : this.x.sqlite3_bind_blob(stmt, i, p, n, -1);
      return [rc, at + n];
    } finally {
      this.wasm.dealloc(p);
    }
  }

  /** Runs a statement to its end. Gives [rows changed, last row id], the id in decimal. */
  run(stmt, args) {
    const before = this.x.sqlite3_total_changes64(this.p);
    try {
      this.bind(stmt, args);
      let rc;
      do rc = this.x.sqlite3_step(stmt); while (rc === ROW);
      if (rc !== DONE) throw this.fail(rc);
      const changed = this.x.sqlite3_total_changes64(this.p) === before ? 0 : Number(this.x.sqlite3_changes64(this.p));
      return [changed, String(this.x.sqlite3_last_insert_rowid(this.p))];
    } finally {
      this.reset(stmt);
    }
  }

  reset(stmt) {
    this.x.sqlite3_reset(stmt);
    this.x.sqlite3_clear_bindings(stmt);
  }

  finalize(stmt) { this.x.sqlite3_finalize(stmt); }

  /** Steps through rows of a bound statement. Gives [encoded rows, whether more may come]; the bytes are valid until the next call. */
  rows(stmt, columns) {
    let at = 0;
    while (at < BATCH) {
      const rc = this.x.sqlite3_step(stmt);
      if (rc === DONE) return [this.out.subarray(0, at), false];
      if (rc !== ROW) {
        const e = this.fail(rc);
        this.reset(stmt);
        throw e;
      }
      for (let c = 0; c < columns; c++) at = this.column(stmt, c, at);
    }
    return [this.out.subarray(0, at), true];
  }

  room(n) {
    if (n <= this.out.length) return;
    const bigger = new Uint8Array(Math.max(n, this.out.length * 2));
    bigger.set(this.out);
    this.out = bigger;
    this.outView = new DataView(bigger.buffer);
  }

  column(stmt, c, at) {
    const x = this.x;
    switch (x.sqlite3_column_type(stmt, c)) {
      case 1:
        this.room(at + 9);
        this.out[at] = INT;
        this.outView.setBigInt64(at + 1, x.sqlite3_column_int64(stmt, c), true);
        return at + 9;
      case 2:
        this.room(at + 9);
        this.out[at] = FLOAT;
        this.outView.setFloat64(at + 1, x.sqlite3_column_double(stmt, c), true);
        return at + 9;
      case 3: {
        const p = x.sqlite3_column_text(stmt, c);
        return this.copy(TEXT, p, x.sqlite3_column_bytes(stmt, c), at);
      }
      case 4: {
        const p = x.sqlite3_column_blob(stmt, c);
        return this.copy(BLOB, p, x.sqlite3_column_bytes(stmt, c), at);
      }
    }
    this.room(at + 1);
    this.out[at] = NULL;
    return at + 1;
  }

  copy(tag, p, n, at) {
    this.room(at + 5 + n);
    this.out[at] = tag;
    this.outView.setUint32(at + 1, n, true);
    if (n) this.out.set(this.wasm.heap8u().subarray(p, p + n), at + 5);
    return at + 5 + n;
  }
}
