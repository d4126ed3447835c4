import type Database from "better-sqlite3";

/** What a column holds and what a parameter may be. */
export type SqlValue = number | string | Uint8Array | null;

/** One connection with its prepared statements and the state of its transaction. */
export class Connection {
  readonly #database: Database.Database;
  // Prepared when first used: preparing all of them would take longer than a whole look-up.
  readonly #statements = new Map<string, Database.Statement<SqlValue[]>>();
  readonly #beforeCommit: (() => void)[] = [];
  readonly #atEnd: (() => void)[] = [];
  readonly #atRollback: (() => void)[] = [];
  readonly #atForeignWrite: (() => void)[] = [];
  #transaction: "none" | "read" | "write" = "none";
  #dataVersion: unknown = null;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get isInTransaction(): boolean {
    return this.#transaction !== "none";
  }

  get isWriting(): boolean {
    return this.#transaction === "write";
  }

  /** Calls `write` before a transaction is committed: for rows that are kept back until all of them is known. */
  writeBeforeCommit(write: () => void): void {
    this.#beforeCommit.push(write);
  }

  /** Calls `forget` when a transaction ends: other processes may change the rows then. */
  forgetAtEnd(forget: () => void): void {
    this.#atEnd.push(forget);
  }

  /** Calls `forget` when a transaction is rolled back. For rows that never change once they are there. */
  forgetAtRollback(forget: () => void): void {
    this.#atRollback.push(forget);
  }

  /**
   * Calls `forget` when a transaction is rolled back, and when one begins that writes and another connection has
   * written since the last. What is kept till then may be used within transactions that write only.
   */
  forgetAtForeignWrite(forget: () => void): void {
    this.#atForeignWrite.push(forget);
    this.#atRollback.push(forget);
  }

  /** The first row, if there is one. */
  row<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  rows<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Rows one at a time. Nothing else may use the connection until the loop ends. */
  each<Row>(sql: string, ...values: SqlValue[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...values) as IterableIterator<Row>;
  }

  /** Runs a statement that writes; returns how many rows it changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#write(sql, values).changes;
  }

  /** Runs a statement that inserts; returns the row's key. */
  insert(sql: string, ...values: SqlValue[]): number {
    return Number(this.#write(sql, values).lastInsertRowid);
  }

  /** Runs a statement that writes step by step, to its last step. */
  runToEnd(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs `work` within a transaction; one that throws leaves nothing behind. */
  write<Value>(work: () => Value): Value {
    this.#statement("begin immediate").run();
    this.#transaction = "write";
    try {
      this.#noteForeignWrites();
      const value = work();
      for (const write of this.#beforeCommit) write();
      this.#statement("commit").run();
      return value;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#database.inTransaction) this.#statement("rollback").run();
      for (const forget of this.#atRollback) forget();
      throw error;
    } finally {
      this.#end();
    }
  }

  /** Runs `work` over one consistent state; within a write, over what was written so far. */
  read<Value>(work: () => Value): Value {
    if (this.#transaction !== "none") return work();
    this.#statement("begin").run();
    this.#transaction = "read";
    try {
      return work();
    } finally {
      if (this.#database.inTransaction) this.#statement("commit").run();
      this.#end();
    }
  }

  close(): void {
    this.#database.close();
  }

  // SQLite's count of the commits of other connections.
  #noteForeignWrites(): void {
    const version = this.row<{ data_version: number }>("pragma data_version")?.data_version;
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const forget of this.#atForeignWrite) forget();
  }

  #end(): void {
    this.#transaction = "none";
    for (const forget of this.#atEnd) forget();
  }

  #write(sql: string, values: SqlValue[]): Database.RunResult {
    if (this.#transaction !== "write") throw new Error("a write outside of a write transaction");
    return this.#statement(sql).run(...values);
  }

  #statement(sql: string): Database.Statement<SqlValue[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<SqlValue[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
