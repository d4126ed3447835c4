import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DivergedWorld, World } from "./darksync-world.ts";
import { runNode, startRawRelay } from "./processes.ts";
import { RawStore } from "./raw-store.ts";
import { copySpace } from "./spaces.ts";
import type { SyncSide, Traffic } from "./sync-side.ts";

const rawClient = join(import.meta.dirname, "raw-client.ts");

/** Rows that are only sent and stored, the same bytes as darksync's changes: `raw-relay.ts` and `raw-client.ts`. */
export class RawSyncs implements SyncSide {
  readonly name = "raw";
  readonly ops: number;
  readonly #world: World;
  readonly #diverged: (dir: string) => Promise<DivergedWorld>;

  constructor(world: World, diverged: (dir: string) => Promise<DivergedWorld>) {
    this.ops = world.changes;
    this.#world = world;
    this.#diverged = diverged;
  }

  async clone(dir: string): Promise<number> {
    mkdirSync(dir, { recursive: true });
    const relay = await startRawRelay(this.#world.rawDatabase);
    const { ms } = await runNode([rawClient, String(relay.port), join(dir, "clone.db"), "0"]);
    await relay.stop();
    return ms;
  }

  async cloneTraffic(): Promise<Traffic> {
    const store = new RawStore(this.#world.rawDatabase, false);
    const down = sumOf(store.after(0));
    store.close();
    return { up: 0, down, turns: 1 };
  }

  async catchUp(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    const { rawDatabase, adaRows, bobRows } = await this.#diverged(dir);
    const [inbox, outbox, server] = [join(dir, "inbox.db"), join(dir, "outbox.db"), join(dir, "server.db")];
    // Bob's copy ends where the world did, before Ada's new rows.
    copySpace(this.#world.rawDatabase, inbox);
    copySpace(rawDatabase, server);
    const waiting = new RawStore(outbox, false);
    waiting.write(bobRows);
    waiting.close();
    const relay = await startRawRelay(server);
    const had = String(this.#rowsHeld());
    const { ms } = await runNode([rawClient, String(relay.port), inbox, had, outbox]);
    await relay.stop();
    return { ms, traffic: { up: sumOf(bobRows), down: sumOf(adaRows), turns: 2 } };
  }

  async idleSync(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    mkdirSync(dir, { recursive: true });
    const inbox = join(dir, "idle.db");
    copySpace(this.#world.rawDatabase, inbox);
    const relay = await startRawRelay(this.#world.rawDatabase);
    const had = String(this.#rowsHeld());
    const { ms } = await runNode([rawClient, String(relay.port), inbox, had]);
    await relay.stop();
    return { ms, traffic: { up: had.length, down: 0, turns: 1 } };
  }

  /** An empty Node program: what every other one has to add to. */
  async lookUp(): Promise<number> {
    return (await runNode(["-e", "0"])).ms;
  }

  #rowsHeld(): number {
    const store = new RawStore(this.#world.rawDatabase, false);
    const count = store.count();
    store.close();
    return count;
  }
}

function sumOf(rows: readonly Uint8Array[]): number {
  return rows.reduce((sum, row) => sum + row.length, 0);
}
