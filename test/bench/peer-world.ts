import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { changeBytes } from "./change-bytes.ts";
import { peerClient } from "./peers.ts";
import { CountingProxy, type Running, runNode } from "./processes.ts";
import { packRows } from "./raw-message.ts";
import type { Side } from "./side.ts";
import { copySpace } from "./spaces.ts";
import { newEdits, type SyncSide, type Traffic } from "./sync-side.ts";

export const room = "world";

/** What a client has done, and how long its process took. */
export interface ClientRun {
  readonly ms: number;
  readonly ops: number;
}

/** A peer's server and one client's disk with the same ops, both closed. */
export interface PeerWorld {
  readonly side: Side;
  readonly ops: number;
  readonly server: string;
  readonly client: string;
}

/** Runs the peer's client as a process. */
export async function client(side: Side, dir: string, ...args: readonly string[]): Promise<ClientRun> {
  const { ms, stdout } = await runNode([peerClient, side.name, dir, ...args]);
  return { ms, ops: (JSON.parse(stdout) as { ops: number }).ops };
}

/** Appends ops to a client's disk, offline. */
export async function editOffline(side: Side, dir: string, seed: number, count: number): Promise<void> {
  const file = `${dir}-${seed}.rows`;
  writeFileSync(file, packRows(changeBytes(seed, count)));
  await client(side, dir, "edit", file);
}

/** Makes a world: a client makes `ops` ops offline and syncs; then the server is started anew, and must have all. */
export async function makePeerWorld(dir: string, side: Side, ops: number): Promise<PeerWorld> {
  mkdirSync(dir, { recursive: true });
  const world = {
    side,
    ops,
    server: join(dir, `${side.name}-server`),
    client: join(dir, `${side.name}-client`),
  };
  const server = await side.start(world.server);
  await editOffline(side, world.client, 9, ops);
  await client(side, world.client, "sync", String(server.port), room);
  // They store what they acknowledged when it suits them.
  await pause(storedAfterMs);
  await server.stop();
  const again = await side.start(world.server);
  await warm(side, again, ops);
  await again.stop();
  return world;
}

const storedAfterMs = 3500;
const warmLimit = 100;

/** Has the server load the room, and stays in it: a server whose room others are in. */
export async function warm(side: Side, { port }: Running, ops: number): Promise<() => void> {
  const keeper = await side.join(port, room);
  for (let tries = 0; tries < warmLimit; tries += 1) {
    const held = await side.count(port, room);
    if (held === ops) return () => keeper.close();
    await pause(200);
  }
  throw new Error(`the server has lost ops of ${ops} that it acknowledged seconds ago`);
}

/** A copy of a world on which one round can work. */
export function copyWorld(world: PeerWorld, to: string): PeerWorld {
  const copy = { ...world, server: join(to, "server"), client: join(to, "client") };
  copySpace(world.server, copy.server);
  copySpace(world.client, copy.client);
  return copy;
}

/** Counts what goes over the wire while a client syncs. */
export async function countedSync(
  side: Side,
  dir: string,
  server: Running,
): Promise<{ readonly up: number; readonly down: number; readonly turns: number }> {
  const proxy = await CountingProxy.start(server.port);
  await client(side, dir, "sync", String(proxy.port), room);
  const { up, down, turns } = proxy;
  proxy.stop();
  return { up, down, turns };
}

/** A peer with its server and `peers/client.js`. The server has the room in its memory, as if others were in it. */
export class PeerSyncs implements SyncSide {
  readonly name: string;
  readonly ops: number;
  readonly #world: PeerWorld;

  constructor(world: PeerWorld) {
    this.name = world.side.name;
    this.ops = world.ops;
    this.#world = world;
  }

  clone(dir: string): Promise<number> {
    return this.#onCopy(dir, async ({ side }, { port }) => {
      const { ms, ops } = await client(side, join(dir, "clone"), "sync", String(port), room);
      if (ops !== this.ops) throw new Error(`the clone has ${ops} ops`);
      return ms;
    });
  }

  cloneTraffic(dir: string): Promise<Traffic> {
    return this.#onCopy(dir, ({ side }, server) => countedSync(side, join(dir, "clone"), server));
  }

  catchUp(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    return this.#onCopy(dir, async ({ side, client: bob }, server) => {
      await editOffline(side, bob, 22, newEdits);
      const before = [join(dir, "counted-client"), join(dir, "counted-server")] as const;
      copySpace(bob, before[0]);
      copySpace(this.#world.server, before[1]);
      const ms = await this.#catchUpWith(server, bob);
      const counted = await side.start(before[1]);
      const leave = await warm(side, counted, this.ops);
      await writeNew(side, counted);
      const traffic = await countedSync(side, before[0], counted);
      leave();
      await counted.stop("SIGKILL");
      return { ms, traffic };
    });
  }

  idleSync(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    return this.#onCopy(dir, async ({ side, client: bob }, server) => {
      const { ms } = await client(side, bob, "sync", String(server.port), room);
      return { ms, traffic: await countedSync(side, bob, server) };
    });
  }

  async lookUp(): Promise<number> {
    return (await client(this.#world.side, this.#world.client, "lookup", "5")).ms;
  }

  async #catchUpWith(server: Running, bob: string): Promise<number> {
    const { side } = this.#world;
    await writeNew(side, server);
    const { ms, ops } = await client(side, bob, "sync", String(server.port), room);
    if (ops !== this.ops + 2 * newEdits) throw new Error(`${ops} ops after the catch-up`);
    return ms;
  }

  async #onCopy<Value>(
    dir: string,
    work: (copy: PeerWorld, server: Running) => Promise<Value>,
  ): Promise<Value> {
    mkdirSync(dir, { recursive: true });
    const copy = copyWorld(this.#world, dir);
    const server = await copy.side.start(copy.server);
    const leave = await warm(copy.side, server, this.ops);
    const value = await work(copy, server);
    leave();
    await server.stop("SIGKILL");
    return value;
  }
}

/** What comes in while the client is away. */
async function writeNew(side: Side, { port }: Running): Promise<void> {
  const member = await side.join(port, room);
  await member.write(changeBytes(21, newEdits));
  member.close();
}
