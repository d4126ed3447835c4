import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { expect, test } from "vitest";
import { openSpaceIn, saveInBatches } from "../bench/spaces.js";
import { run } from "../support/cli.js";
import { SegmentFront } from "../support/segment-front.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

const log = "main/Acme";
const changeCount = 4400;

interface Sealed {
  readonly parent: string;
  readonly ada: Teammate;
  readonly front: SegmentFront;
}

/** Ada's changes on a relay that has sealed most of them, and somebody before it who can spoil them. */
async function sealedSpace(): Promise<Sealed> {
  const parent = testFolder();
  const ada = new Teammate("Ada", parent);
  await ada.init("Acme");
  const replica = await openSpaceIn(ada.folder, "normal");
  const values = Array.from({ length: changeCount }, (_, index) => ({
    location: `Acme.Part${index % 7}.value${index % 300}`,
    text: { kind: "value", head: "let ", tail: ` = ${index}L` } as const,
  }));
  await saveInBatches(replica, values, changeCount);
  replica.store.close();
  const relay = await testRelay(join(parent, "relay"));
  await ada.do("sync", "--relay", relay.url);
  await eventually(
    () => relay.metric("darksync_segments_sealed_total"),
    (count) => count >= 1,
  );
  return { parent, ada, front: await SegmentFront.before(relay) };
}

/** What a space shows, and how its history is kept. */
async function stateOf({ folder }: Teammate): Promise<unknown> {
  const store = openReplicaStore(join(folder, ".darklang", "space.db"));
  try {
    return store.read(({ packages, changes, blocks }) => ({
      names: packages.names("", Number.MAX_SAFE_INTEGER).map(({ location, shown }) => [location, shown]),
      texts: packages.names("Acme.Part1", 9).map(({ location }) => location),
      changes: changes.count() - changes.countOwn("auth", "", 0, 0),
      tips: [...blocks.tips(log)],
    }));
  } finally {
    store.close();
  }
}

function segmentsOf({ folder }: Teammate) {
  const store = openReplicaStore(join(folder, ".darklang", "space.db"));
  try {
    return store.read(({ segments }) => segments.list(log));
  } finally {
    store.close();
  }
}

/** Joins by the front; gives what the command came to. */
function join_({ front }: Sealed, mate: Teammate) {
  return run(["--json", "join", front.url, mate.folder, "--as", mate.name]);
}

test("R90 who joins fetches what is sealed; views, history and old versions are there offline", async () => {
  const sealed = await sealedSpace();
  const bob = new Teammate("Bob", sealed.parent);
  expect((await join_(sealed, bob)).code).toBe(0);
  const [segment] = segmentsOf(bob);
  expect(segment?.heldBytes).toBe(segment?.byteCount);
  expect(sealed.front.sentBytes).toBe(segment?.byteCount);
  await sealed.ada.do("sync");
  expect(await stateOf(bob)).toEqual(await stateOf(sealed.ada));
  const { items } = (await bob.do("--offline", "ls")) as { items: { location: string }[] };
  const location = items[0]?.location ?? "";
  const history = async (mate: Teammate) => {
    const { sync, ...told } = await mate.do("--offline", "log", location);
    return told;
  };
  expect(await history(bob)).toEqual(await history(sealed.ada));
  expect((await bob.try("doctor")).code).toBe(0);
});

test("R92 a download that is cut at many places goes on from there", async () => {
  const sealed = await sealedSpace();
  const { front } = sealed;
  const whole = new Teammate("Whole", sealed.parent);
  expect((await join_(sealed, whole)).code).toBe(0);
  const size = front.sentBytes;
  const bob = new Teammate("Bob", sealed.parent);
  front.sentBytes = 0;
  // Each answer is cut a little later.
  let at = 0;
  front.spoil = () => {
    at += 1;
    return at > 12 ? {} : { cutAfter: at * 997 };
  };
  expect((await join_(sealed, bob)).code).toBe(0);
  expect(front.sentBytes).toBe(size);
  await whole.do("sync");
  await bob.do("sync");
  expect(await stateOf(bob)).toEqual(await stateOf(whole));
});

test("R92 a join that is killed while it downloads goes on with `sync`", async () => {
  const sealed = await sealedSpace();
  const { front } = sealed;
  const bob = new Teammate("Bob", sealed.parent);
  const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));
  const joining = spawn(process.execPath, [program, "join", front.url, bob.folder, "--as", "Bob"]);
  front.spoil = () => ({ cutAfter: 5000, onSent: () => joining.kill("SIGKILL") });
  await once(joining, "exit");
  front.spoil = () => ({});
  expect(existsSync(join(bob.folder, ".darklang", "space.db"))).toBe(true);
  await bob.do("sync", "--relay", front.url);
  expect(segmentsOf(bob)[0]).toMatchObject({ heldBytes: segmentsOf(bob)[0]?.byteCount });
  await sealed.ada.do("sync");
  expect(await stateOf(bob)).toEqual(await stateOf(sealed.ada));
});

test("R93 a segment that is damaged, missing or held back is asked for block by block, and it is said", async () => {
  const sealed = await sealedSpace();
  const { front, ada, parent } = sealed;
  const spoilings = {
    Flipped: {
      alter: (bytes: Buffer) => Buffer.from(bytes.map((byte, index) => (index === 777 ? byte ^ 4 : byte))),
    },
    Short: { alter: (bytes: Buffer) => bytes.subarray(0, -1), status: 200 },
    Gone: { status: 404 },
    Busy: { status: 503 },
    Silent: { cutAfter: 0 },
  };
  for (const [name, spoiling] of Object.entries(spoilings)) {
    const mate = new Teammate(name, parent);
    front.spoil = () => spoiling;
    const joined = await run(["join", front.url, mate.folder, "--as", name]);
    expect(joined.code, `${name}: ${joined.stderr}`).toBe(0);
    await ada.do("sync");
    expect(await stateOf(mate), name).toEqual(await stateOf(ada));
    expect(joined.stdout + joined.stderr, name).toMatch(/^All is here, but .*(segment|sealed)/m);
  }
});
