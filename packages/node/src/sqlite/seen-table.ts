import type { Seen } from "@darksync/core/vector";
import type { PlacedStream, SeenStep, SeenStore } from "@darksync/runtime/store/seen-store";
import type { Connection } from "./connection.js";
import type { StreamTable } from "./stream-table.js";

interface StepRow {
  readonly seq: number;
  readonly other_seq: number;
}

/** What the blocks of each stream say that their devices had seen, in SQLite. */
export class SeenTable implements SeenStore {
  readonly #connection: Connection;
  readonly #streams: StreamTable;

  constructor(connection: Connection, streams: StreamTable) {
    this.#connection = connection;
    this.#streams = streams;
  }

  add(viewer: PlacedStream, seq: number, seen: Seen): void {
    const id = this.#streams.idOf(viewer.log, viewer.stream);
    for (const [log, vector] of seen) {
      for (const [stream, otherSeq] of vector) {
        const other = this.#streams.idOf(log, stream);
        this.#connection.run(
          `insert into seen select ?, ?, ?, ? where ? > coalesce(
            (select other_seq from seen where stream_id = ? and other_id = ? order by seq desc limit 1), 0)`,
          ...[id, other, seq, otherSeq, otherSeq, id, other],
        );
      }
    }
  }

  seenAt(viewer: PlacedStream, seq: number, other: PlacedStream): number {
    const row = this.#connection.row<{ other_seq: number }>(
      "select other_seq from seen where stream_id = ? and other_id = ? and seq <= ? order by seq desc limit 1",
      ...this.#idsOf(viewer, other),
      seq,
    );
    return row?.other_seq ?? 0;
  }

  steps(viewer: PlacedStream, other: PlacedStream, after: number, last: number): readonly SeenStep[] {
    return this.#connection
      .rows<StepRow>(
        `select seq, other_seq from seen where stream_id = ? and other_id = ? and seq > ? and seq <= ?
        order by seq`,
        ...this.#idsOf(viewer, other),
        after,
        last,
      )
      .map(stepOf);
  }

  sightings(viewer: PlacedStream, other: PlacedStream, first: number, last: number): readonly SeenStep[] {
    const steps: SeenStep[] = [];
    const rows = this.#connection.each<StepRow>(
      `select seq, other_seq from seen where stream_id = ? and other_id = ? and other_seq >= ?
      order by other_seq`,
      ...this.#idsOf(viewer, other),
      first,
    );
    for (const row of rows) {
      steps.push(stepOf(row));
      if (row.other_seq >= last) break;
    }
    return steps;
  }

  count(): number {
    return this.#connection.row<{ count: number }>("select count(*) as count from seen")?.count ?? 0;
  }

  truncate({ log, stream }: PlacedStream, seq: number): void {
    this.#connection.run(
      "delete from seen where stream_id = ? and seq > ?",
      this.#streams.find(log, stream),
      seq,
    );
  }

  /** A stream that is not known has no rows; no id is 0. */
  #idsOf(viewer: PlacedStream, other: PlacedStream): readonly [number, number] {
    const [id, otherId] = [viewer, other].map(({ log, stream }) => this.#streams.find(log, stream));
    return [id ?? 0, otherId ?? 0];
  }
}

function stepOf({ seq, other_seq }: StepRow): SeenStep {
  return { seq, otherSeq: other_seq };
}
