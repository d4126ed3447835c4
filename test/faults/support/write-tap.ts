import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import Database from "better-sqlite3";

/** Something that may have changed a file. */
export interface Written {
  readonly what: string;
  /** Files that a power cut may undo or cut short now, since nobody waited for the disk; SQLite's own are not named. */
  readonly unflushed: ReadonlySet<string>;
}

/** What writes to files by their paths, beside SQLite. */
const pathWriters = [
  "appendFileSync",
  "chmodSync",
  "copyFileSync",
  "cpSync",
  "linkSync",
  "mkdirSync",
  "rmSync",
  "rmdirSync",
  "truncateSync",
  "unlinkSync",
  "writeFileSync",
] as const;

const transactionControl = /^\s*(?:begin|commit|end|rollback|savepoint|release)\b/i;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Calls `onWritten` after each thing in this process that may have written to a file: every statement of SQLite that
 * is no mere query, every commit, opening and closing, and every write beside it. A kill -9 finds the files as they
 * are at one of these moments, or within one. Returns how to stop.
 */
export function tapWrites(onWritten: (written: Written) => void): () => void {
  return started(new Tap({ onWritten, onWriting: () => {} }));
}

/** What is about to be written: `database` by SQLite, `file` beside it. */
export type Writing = "database" | "file";

/** Calls `onWriting` before each thing that takes room on the disk, which fails if that throws. Returns how to stop. */
export function interceptWrites(onWriting: (writing: Writing, what: string) => void): () => void {
  return started(new Tap({ onWritten: () => {}, onWriting }));
}

function started(tap: Tap): () => void {
  tap.watchSqlite();
  tap.watchFiles();
  syncBuiltinESMExports();
  return () => {
    tap.stop();
    syncBuiltinESMExports();
  };
}

interface Hooks {
  readonly onWritten: (written: Written) => void;
  readonly onWriting: (writing: Writing, what: string) => void;
}

/** What takes no room, or gives some. */
const roomless: ReadonlySet<string> = new Set([
  "rmSync",
  "rmdirSync",
  "unlinkSync",
  "truncateSync",
  "chmodSync",
]);
const beginSql = /^\s*begin\b/i;
const rollbackSql = /^\s*rollback\b/i;
const commitSql = /^\s*commit\b/i;

class Tap {
  readonly #hooks: Hooks;
  readonly #undo: (() => void)[] = [];
  /** The databases that were written to since their last commit. */
  readonly #written = new WeakSet<object>();
  readonly #unflushed = new Set<string>();
  readonly #paths = new Map<unknown, string>();
  // Looking at the files opens them, too; and Node keeps some of these functions for itself when it first needs them.
  #isDeaf = false;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  stop(): void {
    this.#isDeaf = true;
    for (const undo of this.#undo) undo();
  }

  watchSqlite(): void {
    const statements = statementPrototype();
    for (const name of ["run", "get", "all"]) {
      this.#wrap(
        statements,
        name,
        (self) => {
          const { source, readonly } = self as Database.Statement;
          if (!readonly || transactionControl.test(source)) this.#note(source.slice(0, 60));
        },
        (self) => this.#announceStatement(self as Database.Statement),
      );
    }
    for (const name of ["exec", "pragma", "close"]) {
      this.#wrap(
        Database.prototype,
        name,
        (_, [sql]) => this.#note(`${name} ${String(sql ?? "").slice(0, 60)}`),
        (_, [sql]) => {
          if (name === "exec") this.#hooks.onWriting("database", String(sql).slice(0, 60));
        },
      );
    }
  }

  watchFiles(): void {
    for (const name of pathWriters) {
      this.#wrap(
        fs,
        name,
        (_, [path, , options]) => {
          const isFlushed =
            typeof options === "object" && options !== null && "flush" in options && options.flush === true;
          if (isFlushed) this.#unflushed.delete(String(path));
          else if (name === "writeFileSync" || name === "appendFileSync") this.#unflushed.add(String(path));
          this.#note(`${name} ${path}`);
        },
        (_, [path]) => this.#announce(name, path),
      );
    }
    this.#wrap(fs, "renameSync", (_, [from, to]) => {
      if (this.#unflushed.delete(String(from))) this.#unflushed.add(String(to));
      else this.#unflushed.delete(String(to));
      this.#note(`renameSync ${to}`);
    });
    this.#watchDescriptors();
  }

  #watchDescriptors(): void {
    this.#wrap(fs, "openSync", (_, [path], file) => {
      this.#paths.set(file, String(path));
      this.#note(`openSync ${path}`);
    });
    for (const name of ["writeSync", "ftruncateSync"]) {
      this.#wrap(
        fs,
        name,
        (_, [file]) => {
          const path = this.#paths.get(file);
          if (path === undefined) return;
          this.#unflushed.add(path);
          this.#note(`${name} ${path}`);
        },
        (_, [file]) => {
          const path = this.#paths.get(file);
          if (path !== undefined) this.#announce(name, path);
        },
      );
    }
    for (const name of ["fsyncSync", "fdatasyncSync"])
      this.#wrap(fs, name, (_, [file]) => this.#unflushed.delete(this.#paths.get(file) ?? ""));
  }

  #note(what: string): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    try {
      this.#hooks.onWritten({ what, unflushed: this.#unflushed });
    } finally {
      this.#isDeaf = false;
    }
  }

  #announceStatement({ source, readonly, database }: Database.Statement): void {
    const isCommit = commitSql.test(source);
    if (rollbackSql.test(source)) this.#written.delete(database);
    if (readonly ? !isCommit : beginSql.test(source)) return;
    // Ending a look at the rows takes no room.
    if (isCommit && !this.#written.delete(database)) return;
    this.#hooks.onWriting("database", source.slice(0, 60));
    if (!isCommit) this.#written.add(database);
  }

  #announce(name: string, path: unknown): void {
    if (!roomless.has(name) && !this.#isDeaf) this.#hooks.onWriting("file", `${name} ${path}`);
  }

  #wrap(
    owner: object,
    name: string,
    after: (self: unknown, args: unknown[], value: unknown) => void,
    before: (self: unknown, args: unknown[]) => void = () => {},
  ): void {
    const methods = owner as Record<string, AnyFunction>;
    const original = methods[name] as AnyFunction;
    methods[name] = function (this: unknown, ...args: unknown[]) {
      let value: unknown;
      before(this, args);
      try {
        value = original.apply(this, args);
        return value;
      } finally {
        after(this, args, value);
      }
    };
    this.#undo.push(() => {
      methods[name] = original;
    });
  }
}

function statementPrototype(): object {
  const database = new Database(":memory:");
  try {
    return Object.getPrototypeOf(database.prepare("select 1")) as object;
  } finally {
    database.close();
  }
}
