import type { Running } from "./processes.ts";

/** A connection to one room of a server; it holds no more of a library than the measurement needs. */
export interface Member {
  /** Writes ops as one batch. Fulfilled by what the side counts as its acknowledgement. */
  write(ops: readonly Uint8Array[]): Promise<void>;
  /** Makes one message for each op, as far as that can be done before; each function sends one and waits for nothing. */
  prepare(ops: readonly Uint8Array[]): Promise<readonly (() => void)[]>;
  /** What `rejoin` needs to come back with all that this one has. */
  snapshot(): unknown;
  close(): void;
}

/** A server with its protocol, as `bench.ts` measures it beside the others. */
export interface Side {
  readonly name: string;
  /** What a client takes for the word that its ops are safe, for the report. */
  readonly acknowledgement: string;
  /** The part of the standard number of readers and clients that it can be measured with in a minute; 1 if not told. */
  readonly share?: number;
  /** Starts the server on a folder of data. */
  start(data: string): Promise<Running>;
  /** Enters a room and gets all that is there; from then on `onOps` hears how many ops of others arrived. */
  join(port: number, room: string, onOps?: (count: number) => void): Promise<Member>;
  /** Comes back as one who held the snapshot. Fulfilled when `wanted` more ops are there. */
  rejoin(port: number, room: string, snapshot: unknown, wanted: number): Promise<Rejoined>;
  /** How many ops of the room a newcomer gets. */
  count(port: number, room: string): Promise<number>;
}

export interface Rejoined {
  close(): void;
}

/** Works with a running server, and stops it. */
export async function serving<Value>(
  side: Side,
  data: string,
  work: (server: Running) => Promise<Value>,
): Promise<Value> {
  const server = await side.start(data);
  try {
    return await work(server);
  } finally {
    await server.stop("SIGKILL");
  }
}

/** How many of these a side is measured with. */
export function shareOf({ share = 1 }: Side, all: number): number {
  return Math.max(1, Math.round(all * share));
}

/** Which sides are measured with fewer readers or clients than the others, for the report. */
export function sharesOf(sides: readonly Side[], all: number, what: string): string {
  return sides
    .filter((side) => shareOf(side, all) < all)
    .map((side) => `${side.name}: ${shareOf(side, all)} ${what}`)
    .join("; ");
}
