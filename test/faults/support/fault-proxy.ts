import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type Direction = "up" | "down";

/** What goes wrong on the way. What is left out goes well. */
export interface Faults {
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  /** Connections are taken and bytes swallowed: neither an answer nor an end. */
  readonly blackhole?: boolean;
  readonly refuses?: boolean;
  /** The connection is reset after so many bytes more this way. */
  readonly cut?: { readonly direction: Direction; readonly afterBytes: number };
}

/** A stretch of network between a client and a relay, on which things go wrong. */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #links = new Set<Link>();
  /** Bytes that came through so far. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  faults: Faults = {};

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
  }

  /** Listens on a free port, and passes on to this one. */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, target);
    server.on("connection", (client) => proxy.#accept(client));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets the connections that are open. */
  reset(): void {
    for (const link of this.#links) link.reset();
  }

  async stop(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** What may still pass this way before the connection is reset; takes it. */
  takeRoom(direction: Direction, length: number): number {
    const { cut } = this.faults;
    if (cut?.direction !== direction) return length;
    const room = Math.min(length, cut.afterBytes);
    this.faults = { ...this.faults, cut: { direction, afterBytes: cut.afterBytes - room } };
    return room;
  }

  #accept(client: Socket): void {
    if (this.faults.refuses === true) {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(this, client, connect(this.#target, "127.0.0.1"));
    this.#links.add(link);
    client.once("close", () => this.#links.delete(link));
  }
}

class Link {
  readonly #proxy: FaultProxy;
  readonly #ends: readonly [Socket, Socket];

  constructor(proxy: FaultProxy, client: Socket, relay: Socket) {
    this.#proxy = proxy;
    this.#ends = [client, relay];
    this.#pass("up", client, relay);
    this.#pass("down", relay, client);
  }

  reset(): void {
    for (const end of this.#ends) end.resetAndDestroy();
  }

  #pass(direction: Direction, from: Socket, to: Socket): void {
    let turn: Promise<void> = Promise.resolve();
    from.setNoDelay(true);
    from.on("data", (bytes: Buffer) => {
      const arrivedAtMs = performance.now();
      turn = turn.then(() => this.#deliver(direction, bytes, to, arrivedAtMs));
    });
    from.on("error", () => this.reset());
    from.on("end", () => {
      turn = turn.then(() => {
        to.end();
      });
    });
    from.on("close", () => to.destroy());
  }

  async #deliver(direction: Direction, bytes: Buffer, to: Socket, arrivedAtMs: number): Promise<void> {
    const { blackhole, latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = this.#proxy.faults;
    if (blackhole === true || to.destroyed) return;
    const sendMs = (bytes.length / bytesPerSecond) * 1000;
    const waitMs = Math.max(arrivedAtMs + latencyMs - performance.now(), sendMs);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const room = this.#proxy.takeRoom(direction, bytes.length);
    this.#proxy.passed[direction] += room;
    if (to.destroyed) return;
    if (room === bytes.length) {
      if (!to.write(bytes)) await Promise.race([once(to, "drain"), once(to, "close")]);
      return;
    }
    await new Promise<void>((resolve) => to.write(bytes.subarray(0, room), () => resolve()));
    this.reset();
  }
}
