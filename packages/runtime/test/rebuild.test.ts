import { expect, test } from "vitest";
import { switchBranch } from "../src/branch/current-branch.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { dropChanges } from "../src/replica/drop.js";
import { type Rebuilt, rebuild } from "../src/replica/rebuild.js";
import { type Replica, readFacts } from "../src/replica/replica.js";
import { Salvage } from "../src/replica/salvage.js";
import type { ReplicaStore, ReplicaTables } from "../src/store/store.js";
import { expectSound } from "./support/check.js";
import { contentOf, type Kept, newKept, ownPorts } from "./support/outbox.js";
import {
  changesOf,
  expectHonest,
  mustSync,
  newRelay,
  newReplica,
  pendingOf,
  contentOf as relayContent,
  reopen,
  saveValue,
  sync,
  viewOf,
} from "./support/team.js";
import { Wire } from "./support/wire.js";

/** Rebuilds a replica on a new store, from its outbox and what `damaged` gives. */
async function rebuilt(
  kept: Kept,
  damaged: ReplicaStore | null,
): Promise<{ readonly replica: Replica; readonly made: Rebuilt }> {
  const replica = await reopen(memoryReplicaStore(), kept.signer);
  const salvage = damaged === null ? null : new Salvage(ownPorts(kept.signer), damaged);
  const made = await rebuild(replica, { salvage, outbox: contentOf(kept) }, async () => {});
  if (!made.ok) throw new Error(made.problem.message);
  return { replica, made: made.value };
}

/** A store of which some looks fail as they do on a damaged disk. */
function damagedStore(
  store: ReplicaStore,
  change: (tables: ReplicaTables) => Partial<ReplicaTables>,
): ReplicaStore {
  return {
    read: (work) => store.read((tables) => work({ ...tables, ...change(tables) })),
    write: () => expect.unreachable(),
    close: () => {},
  };
}

function fails(): never {
  throw new Error("database disk image is malformed");
}

/** Bob, who has all that the relay has, sees what Ada sees, and each change is there once. */
async function expectHealed(wire: Wire, ada: Replica, bob: Replica, ids: readonly string[]): Promise<void> {
  for (const replica of [ada, bob, ada, bob]) await mustSync(replica, wire);
  const { changes } = relayContent(wire.relay, ada.store.read(readFacts).space);
  expect(new Set(changes).size).toBe(changes.length);
  expect(changes).toEqual(expect.arrayContaining([...ids]));
  for (const replica of [ada, bob]) {
    expect(changesOf(replica)).toEqual([...changes].sort());
    expect(pendingOf(replica)).toBe(0);
    expect(replica.store.read(({ queue }) => queue.list())).toEqual([]);
    expectHonest(replica, wire.relay);
    await expectSound(replica);
  }
  expect(viewOf(ada)).toEqual(viewOf(bob));
}

async function setUp(): Promise<{ wire: Wire; kept: Kept; bob: Replica; ids: string[] }> {
  const wire = new Wire(newRelay());
  const kept = await newKept("Ada");
  const ids = [await saveValue(kept.replica, "Acme.a", 1), await saveValue(kept.replica, "Beta.b", 1)];
  await mustSync(kept.replica, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  ids.push(await saveValue(bob, "Acme.bob", 1));
  await mustSync(bob, wire);
  await mustSync(kept.replica, wire);
  ids.push(await saveValue(kept.replica, "Acme.unsent", 1), await saveValue(kept.replica, "Acme.a", 2));
  return { wire, kept, bob, ids };
}

test("R44: with the database gone, the outbox finds home again, and what was not sent is queued under its ids", async () => {
  const { wire, kept, bob, ids } = await setUp();
  await switchBranch(kept.replica, "a branch");
  const facts = kept.plain.read(readFacts);
  const { replica, made } = await rebuilt(kept, null);
  expect(made).toMatchObject({ kept: 0, lacking: [] });
  const { lastSyncedAtMs: _, lastAttemptReached: __, ...same } = facts;
  expect(replica.store.read(readFacts)).toMatchObject(same);
  expect(replica.store.read(({ meta }) => meta.get("branch"))).toBe("a branch");
  expect(changesOf(replica)).toEqual(expect.arrayContaining(ids.slice(3)));
  await expectHealed(wire, replica, bob, ids);
});

test("R44: of a sound database everything is taken, and a second rebuild comes to the same", async () => {
  const { wire, kept, bob, ids } = await setUp();
  const { replica, made } = await rebuilt(kept, kept.plain);
  expect(made.lacking).toEqual([]);
  expect(changesOf(replica)).toEqual(changesOf(kept.replica));
  expect(viewOf(replica)).toEqual(viewOf(kept.replica));
  const again = await rebuilt(kept, kept.plain);
  expect(again.made).toEqual(made);
  expect(viewOf(again.replica)).toEqual(viewOf(replica));
  await expectHealed(wire, replica, bob, ids);
});

test("R44: blocks that cannot be read come from the relay; own changes of them are not queued twice", async () => {
  const { wire, kept, bob, ids } = await setUp();
  await mustSync(kept.replica, wire);
  ids.push(await saveValue(kept.replica, "Acme.last", 1));
  const damaged = damagedStore(kept.plain, ({ blocks }) => ({
    blocks: Object.assign(Object.create(blocks) as typeof blocks, {
      logs: () => blocks.logs(),
      tips: (log: string) => blocks.tips(log),
      read: (log: string, stream: string, seq: number, maxBytes: number) => {
        const read = blocks.read(log, stream, seq, maxBytes);
        if (read.some((block) => block.seq === 1 && log === "main/Acme")) fails();
        return read;
      },
    }),
  }));
  const { replica, made } = await rebuilt(kept, damaged);
  expect(made.lacking.map(({ log, held }) => `${log} ${held}`)).toEqual(["main/Acme 0", "main/Acme 0"]);
  expect(viewOf(replica)["Beta.b"]).toBe(viewOf(kept.replica)["Beta.b"]);
  await expectHealed(wire, replica, bob, ids);
});

test("R44: a flipped bit in a block costs it and what follows it there; own changes behind it are kept as changes", async () => {
  const { kept, ids } = await setUp();
  const damaged = damagedStore(kept.plain, ({ blocks }) => ({
    blocks: Object.assign(Object.create(blocks) as typeof blocks, {
      logs: () => blocks.logs(),
      tips: (log: string) => blocks.tips(log),
      read: (log: string, stream: string, seq: number, maxBytes: number) =>
        blocks.read(log, stream, seq, maxBytes).map((block) => {
          if (log !== "auth" || block.seq !== 1 || !stream.startsWith(kept.replica.device)) return block;
          const bytes = block.bytes.slice();
          bytes[80] = (bytes[80] ?? 0) ^ 4;
          return { ...block, bytes };
        }),
    }),
  }));
  // No relay answers: who introduced the device is not known, so none of its blocks is admitted; its changes are there.
  const { replica } = await rebuilt(kept, damaged);
  expect(changesOf(replica)).toEqual(expect.arrayContaining([ids[0], ids[1], ids[3], ids[4]]));
  expect(viewOf(replica)["Acme.a"]).toBe(viewOf(kept.replica)["Acme.a"]);
});

test("R44: what was discarded does not come back", async () => {
  const { kept, ids } = await setUp();
  await dropChanges(kept.replica, new Set([ids[3] ?? ""]));
  const { replica } = await rebuilt(kept, null);
  expect(changesOf(replica)).toContain(ids[4]);
  expect(changesOf(replica)).not.toContain(ids[3]);
});

for (const cutAfter of [3, 4, 5, 6, 7, 8]) {
  test(`R44: blocks that were signed, and that the relay may have, are adopted or made again (cut after ${cutAfter} messages)`, async () => {
    const { wire, kept, bob, ids } = await setUp();
    wire.cutAfter = cutAfter;
    await sync(kept.replica, wire);
    wire.cutAfter = null;
    const { replica } = await rebuilt(kept, null);
    ids.push(await saveValue(replica, "Acme.after", 1));
    await expectHealed(wire, replica, bob, ids);
  });
}

test("R44: what goes on after a rebuild begins new epochs", async () => {
  const { wire, kept, bob } = await setUp();
  await mustSync(kept.replica, wire);
  const streams = () => [
    ...(wire.relay
      .space(kept.replica.store.read(readFacts).space)
      ?.store.read(({ blocks }) => blocks.tips("main/Acme").keys()) ?? []),
  ];
  const before = streams();
  const { replica } = await rebuilt(kept, kept.plain);
  await saveValue(replica, "Acme.after", 1);
  await expectHealed(wire, replica, bob, []);
  const own = (names: readonly string[]) => names.filter((name) => name.startsWith(replica.device)).length;
  expect(own(streams())).toBe(own(before) + 1);
});

test("R44: without outbox and database nobody can tell where home was", async () => {
  const { kept } = await setUp();
  kept.journal.bytes = new Uint8Array();
  const replica = await reopen(memoryReplicaStore(), kept.signer);
  const made = await rebuild(replica, { salvage: null, outbox: contentOf(kept) }, async () => {});
  expect(made).toMatchObject({ ok: false, problem: { code: "home-unknown" } });
});

test("R49: a change that rots before it was signed is not sent under this device's name, and the outbox has the good one", async () => {
  const { wire, kept, bob, ids } = await setUp();
  const [rotten = ""] = ids.slice(-1);
  await kept.plain.write(({ changes }) => {
    const bytes = changes.get(rotten)?.bytes?.slice() ?? new Uint8Array();
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    changes.unplace(rotten, bytes);
  });
  await expect(sync(kept.replica, wire)).rejects.toMatchObject({ code: "database-corrupt" });
  const { replica } = await rebuilt(kept, kept.plain);
  await expectHealed(wire, replica, bob, ids);
});

test("R44: of an own block that rotted before the relay had it, the changes come from the outbox", async () => {
  const { wire, kept, bob, ids } = await setUp();
  wire.cutAfter = 6;
  await sync(kept.replica, wire);
  wire.cutAfter = null;
  const [last = ""] = ids.slice(-1);
  const place = kept.plain.read(({ changes }) => changes.get(last)?.place);
  expect(place?.seq).toBeGreaterThan(0);
  const damaged = damagedStore(kept.plain, ({ blocks }) => ({
    blocks: Object.assign(Object.create(blocks) as typeof blocks, {
      logs: () => blocks.logs(),
      tips: (log: string) => blocks.tips(log),
      read: (log: string, stream: string, seq: number, maxBytes: number) =>
        blocks.read(log, stream, seq, maxBytes).map((block) => {
          if (log !== "main/Acme" || stream !== place?.stream || block.seq !== place.seq) return block;
          return {
            ...block,
            bytes: block.bytes.map((byte, at) => (at === block.bytes.length - 70 ? byte ^ 1 : byte)),
          };
        }),
    }),
  }));
  const { replica } = await rebuilt(kept, damaged);
  await expectHealed(wire, replica, bob, ids);
});
