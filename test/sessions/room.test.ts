import { expect, onTestFinished, test, vi } from "vitest";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import type { RelayProcess } from "../support/relay.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

const room = "main/Acme@0";

interface Room {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
}

/** The stock provider, unmodified, in the room of a log's head. */
function enter(relay: RelayProcess, space: string): Room {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${relay.url.replace("http", "ws")}/v1/${space}`, room, doc, {
    // Two providers of one process would else talk to each other without the relay.
    disableBc: true,
  });
  onTestFinished(() => {
    provider.destroy();
    doc.destroy();
  });
  return { doc, provider };
}

/** The blocks in a document: array name → lengths of its blocks. */
function blocksIn(doc: Y.Doc): Record<string, readonly number[]> {
  const blocks: Record<string, readonly number[]> = {};
  for (const name of [...doc.share.keys()].sort()) {
    const elements = doc.getArray<Uint8Array>(name).toArray();
    if (elements.length > 0) blocks[name] = elements.map(({ length }) => length);
  }
  return blocks;
}

function countIn(doc: Y.Doc): number {
  return Object.values(blocksIn(doc)).flat().length;
}

async function setUp(): Promise<{ relay: RelayProcess; space: string; ada: Teammate; folder: string }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  const { space } = await ada.init("Acme");
  await ada.do("sync", "--strategy", "lazy");
  for (const value of [1, 2, 3]) {
    await ada.saveValue("Acme.a", value);
    await (value === 1 ? ada.do("sync", "--relay", relay.url) : ada.sync());
  }
  return { relay, space: String(space), ada, folder };
}

test("the stock provider syncs a log's head, and sees within a second what a CLI syncs (L3)", async () => {
  const { relay, space, ada } = await setUp();
  const { doc, provider } = enter(relay, space);
  await eventually(
    () => provider.synced,
    (isSynced) => isSynced,
  );
  expect(countIn(doc)).toBe(3);
  await ada.saveValue("Acme.b", 1);
  await ada.sync();
  const syncedMs = Date.now();
  await eventually(
    () => countIn(doc),
    (count) => count === 4,
  );
  expect(Date.now() - syncedMs).toBeLessThan(1000);
});

const attacks: readonly (readonly [string, (doc: Y.Doc, name: string) => void])[] = [
  ["delete", (doc, name) => doc.getArray(name).delete(1, 1)],
  ["insert in the middle", (doc, name) => doc.getArray(name).insert(1, [new Uint8Array([1, 2, 3])])],
  ["append what is no block", (doc, name) => doc.getArray(name).push([new Uint8Array([1, 2, 3])])],
  ["write elsewhere", (doc) => doc.getMap("other").set("key", "value")],
];

for (const [name, attack] of attacks) {
  test(`a provider's attempt to ${name} is refused and harms nobody (L2)`, async () => {
    // The stock provider prints what it is refused.
    const warnings = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warnings.mockRestore());
    const { relay, space, ada, folder } = await setUp();
    const watcher = enter(relay, space);
    const attacker = enter(relay, space);
    await eventually(() => [watcher, attacker].every(({ doc }) => countIn(doc) === 3), Boolean);
    const before = blocksIn(watcher.doc);
    attack(attacker.doc, String(Object.keys(before)[0]));
    await eventually(
      () => warnings.mock.calls.flat().join(),
      (said) => said.includes("Permission denied"),
    );
    await ada.saveValue("Acme.b", 1);
    await ada.sync();
    await eventually(
      () => countIn(watcher.doc),
      (count) => count === 4,
    );
    const after = blocksIn(watcher.doc);
    expect(Object.values(after)[0]?.slice(0, 3)).toEqual(Object.values(before)[0]);
    const fresh = enter(relay, space);
    await eventually(
      () => countIn(fresh.doc),
      (count) => count === 4,
    );
    expect(blocksIn(fresh.doc)).toEqual(after);
    expect(await relay.metric("darksync_blocks_admitted_total")).toBe(5);
    const bob = new Teammate("Bob", folder);
    await bob.join(relay.url);
    expect(await bob.view()).toEqual(await ada.view());
  });
}

test("awareness passes between two providers (L3)", async () => {
  const { relay, space } = await setUp();
  const [one, two] = [enter(relay, space), enter(relay, space)];
  await eventually(() => [one, two].every(({ provider }) => provider.synced), Boolean);
  one.provider.awareness.setLocalStateField("user", { name: "Ada" });
  const states = () => [...two.provider.awareness.getStates().values()];
  await eventually(states, (all) => all.some(({ user }) => user?.name === "Ada"));
});
