import type { LogName, Vector } from "@darksync/core/vector";
import type { DurableStore } from "@darksync/runtime/store/block-store";
import type { Connection } from "./connection.js";
import type { NameTable } from "./name-table.js";
import { blocksPerStream } from "./schema.js";
import type { StreamTable } from "./stream-table.js";

/** What is durable on the relay, kept with the streams. */
export class DurableTable implements DurableStore {
  readonly #connection: Connection;
  readonly #logs: NameTable;
  readonly #streams: StreamTable;
  readonly #known = new Map<LogName, Vector>();

  constructor(connection: Connection, logs: NameTable, streams: StreamTable) {
    this.#connection = connection;
    this.#logs = logs;
    this.#streams = streams;
    connection.forgetAtForeignWrite(() => this.#known.clear());
  }

  durable(log: LogName): Vector {
    const known = this.#connection.isWriting ? this.#known.get(log) : undefined;
    if (known !== undefined) return known;
    const rows = this.#connection.rows<{ name: string; durable_seq: number }>(
      "select name, durable_seq from stream where log_id = ? and durable_seq > 0",
      this.#logs.find(log),
    );
    const vector = new Map(rows.map((row) => [row.name, row.durable_seq]));
    if (this.#connection.isWriting) this.#known.set(log, vector);
    return vector;
  }

  setDurable(log: LogName, vector: Vector): void {
    const former = this.durable(log);
    this.#known.delete(log);
    for (const stream of former.keys()) if (!vector.has(stream)) this.#set(log, stream, 0);
    for (const [stream, seq] of vector) if ((former.get(stream) ?? 0) !== seq) this.#set(log, stream, seq);
  }

  countBeyondDurable(log: LogName): number {
    const row = this.#connection.row<{ count: number }>(
      `select coalesce(sum((
        select sum(change_count) from block
        where key > stream.id * ${blocksPerStream} + durable_seq and key < (stream.id + 1) * ${blocksPerStream}
      )), 0) as count from stream where log_id = ? and tip_seq > durable_seq`,
      this.#logs.find(log),
    );
    return row?.count ?? 0;
  }

  #set(log: LogName, stream: string, seq: number): void {
    this.#connection.run(
      "update stream set durable_seq = ? where id = ?",
      seq,
      this.#streams.idOf(log, stream),
    );
  }
}
