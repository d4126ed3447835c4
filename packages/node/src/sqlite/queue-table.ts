import type { QueueItem, QueueStatus, QueueStore, QueueTask } from "@darksync/runtime/store/queue-store";
import type { Connection } from "./connection.js";

interface QueueRow {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly created_at: number;
  readonly status: string;
  readonly retry_count: number;
  readonly error: string | null;
  readonly error_class: string | null;
  readonly next_try: number | null;
}

/** The queue, in the table `sync_queue`. */
export class QueueTable implements QueueStore {
  readonly #connection: Connection;
  // Undefined: not read yet.
  #last: QueueItem | null | undefined = undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.forgetAtForeignWrite(() => {
      this.#last = undefined;
    });
  }

  list(): readonly QueueItem[] {
    return this.#connection
      .rows<QueueRow>("select * from sync_queue where status <> 'completed' order by position")
      .map(itemOf);
  }

  get(id: string): QueueItem | null {
    const row = this.#connection.row<QueueRow>("select * from sync_queue where id = ?", id);
    return row === undefined ? null : itemOf(row);
  }

  withPrefix(idPrefix: string): readonly QueueItem[] {
    // `g` comes after every hex digit.
    return this.#connection
      .rows<QueueRow>(
        "select * from sync_queue where id >= ? and id < ? order by position",
        idPrefix,
        `${idPrefix}g`,
      )
      .map(itemOf);
  }

  last(): QueueItem | null {
    if (this.#last !== undefined && this.#connection.isWriting) return this.#last;
    const row = this.#connection.row<QueueRow>(
      "select * from sync_queue where status <> 'completed' order by position desc limit 1",
    );
    const last = row === undefined ? null : itemOf(row);
    if (this.#connection.isWriting) this.#last = last;
    return last;
  }

  put(item: QueueItem): void {
    this.#last = undefined;
    const { type, ...data } = item.task;
    this.#connection.run(
      `insert into sync_queue
        (id, type, data, created_at, status, retry_count, error, error_class, next_try, position)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, (select coalesce(max(position), 0) + 1 from sync_queue))
      on conflict(id) do update set
        type = excluded.type, data = excluded.data, created_at = excluded.created_at,
        status = excluded.status, retry_count = excluded.retry_count, error = excluded.error,
        error_class = excluded.error_class, next_try = excluded.next_try`,
      item.id,
      type,
      JSON.stringify(data),
      item.createdAtMs,
      item.status,
      item.retryCount,
      item.error,
      item.errorClass,
      item.nextTryAtMs,
    );
  }

  moveBefore(id: string, before: string): void {
    this.#last = undefined;
    const place = this.#positionOf(before);
    this.#positionOf(id);
    if (id === before) return;
    this.#connection.run("update sync_queue set position = position + 1 where position >= ?", place);
    this.#connection.run("update sync_queue set position = ? where id = ?", place, id);
  }

  remove(id: string): void {
    this.#last = undefined;
    this.#connection.run("delete from sync_queue where id = ?", id);
  }

  #positionOf(id: string): number {
    const row = this.#connection.row<{ position: number }>(
      "select position from sync_queue where id = ?",
      id,
    );
    if (row === undefined) throw new Error(`no queue item ${id}`);
    return row.position;
  }
}

// The table is this program's own: what it wrote is what it reads.
function itemOf(row: QueueRow): QueueItem {
  return {
    id: row.id,
    task: { type: row.type, ...JSON.parse(row.data) } as QueueTask,
    createdAtMs: row.created_at,
    status: row.status as QueueStatus,
    retryCount: row.retry_count,
    error: row.error,
    errorClass: row.error_class as QueueItem["errorClass"],
    nextTryAtMs: row.next_try,
  };
}
