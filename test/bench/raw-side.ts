import { once } from "node:events";
import { join } from "node:path";
import { WebSocket } from "ws";
import { startServer } from "./processes.ts";
import { packRows, unpackRows } from "./raw-message.ts";
import type { Member, Side } from "./side.ts";

/** `raw-room-relay.ts` and a client that only counts rows. */
export function rawSide(durability: "fsync" | "no-fsync"): Side {
  return {
    name: "raw",
    acknowledgement: `a message after the commit${durability === "fsync" ? ", which is fsynced" : ""}`,
    start: (data) => startServer([join(import.meta.dirname, "raw-room-relay.ts"), data, durability]),
    join: (port, room, onOps) => RawMember.enter(port, room, 0, onOps ?? (() => {})),
    rejoin: async (port, room, snapshot, wanted) => {
      let arrived = 0;
      let finish: () => void;
      const all = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const member = await RawMember.enter(port, room, snapshot as number, (count) => {
        arrived += count;
        if (arrived >= wanted) finish();
      });
      await all;
      return member;
    },
    count: async (port, room) => {
      let count = 0;
      const member = await RawMember.enter(port, room, 0, (more) => {
        count += more;
      });
      member.close();
      return count;
    },
  };
}

class RawMember implements Member {
  readonly #socket: WebSocket;
  readonly #waiting: (() => void)[] = [];
  #held: number;

  private constructor(socket: WebSocket, held: number) {
    this.#socket = socket;
    this.#held = held;
  }

  /** Enters and waits for the rows after the first `held`; `onOps` hears of these too. */
  static async enter(
    port: number,
    room: string,
    held: number,
    onOps: (count: number) => void,
  ): Promise<RawMember> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${room}`, { perMessageDeflate: false });
    await once(socket, "open");
    // A server that is killed ends a measurement, not the bench.
    socket.on("error", () => {});
    const member = new RawMember(socket, held);
    const entered = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer, isBinary) => {
        if (!isBinary) member.#waiting.shift()?.();
        else {
          const { length } = unpackRows(data);
          member.#held += length;
          onOps(length);
          resolve();
        }
      });
    });
    socket.send(`${held}`);
    await entered;
    return member;
  }

  write(ops: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.send(packRows(ops));
      this.#held += ops.length;
    });
  }

  async prepare(ops: readonly Uint8Array[]): Promise<readonly (() => void)[]> {
    this.#held += ops.length;
    return ops.map((op) => packRows([op])).map((message) => () => this.#socket.send(message));
  }

  snapshot(): number {
    return this.#held;
  }

  close(): void {
    this.#socket.close();
  }
}
