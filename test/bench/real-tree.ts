// `npm run real-tree -- FOLDER`: what the issue asks to be shown on the real Darklang tree (a local copy of the folder
// `packages/` of github.com/darklang/dark): import takes all, export gives every byte back, and two people with 1,000
// offline saves each end with equal views and exactly the conflicts that they made.
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import { save } from "@darksync/runtime/edit/save";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Replica } from "@darksync/runtime/replica/replica";
import { seeded } from "./payload.ts";
import { darklangBin, runNode, startRelay, stopAll } from "./processes.ts";
import { openSpaceIn } from "./spaces.ts";

const savesEach = 1000;
const sharedPlaces = 100;

async function darklang(space: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await runNode([darklangBin, ...args, "--space", space, "--json"]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function check(isSo: boolean, what: string): void {
  console.log(`${isSo ? "ok  " : "NOT "} ${what}`);
  if (!isSo) process.exitCode = 1;
}

/** Imports, exports, compares every file, and imports again. */
async function roundTrip(tree: string, dir: string, space: string): Promise<void> {
  const taken = globSync("**/*.dark", { cwd: tree }).filter((path) => !path.includes("_"));
  await runNode([darklangBin, "init", space, "--as", "Ada", "--json"]);
  const imported = (await darklang(space, "import", tree)) as { added: number; skipped: { file: string }[] };
  const leftOut = imported.skipped.filter(({ file }) => !file.includes("_"));
  check(
    leftOut.length === 0,
    `import: ${imported.added} definitions from ${taken.length} files, ${leftOut.length} things left out`,
  );
  const out = join(dir, "out");
  const exported = await darklang(space, "export", out);
  const different = taken.filter(
    (path) => !readFileSync(join(tree, path)).equals(readFileSync(join(out, path))),
  );
  const extra = globSync("**/*.dark", { cwd: out }).length - taken.length;
  check(
    different.length === 0 && extra === 0,
    `export: ${exported.files} files, ${different.length} differ, ${extra} too many`,
  );
  const again = await darklang(space, "import", tree);
  check(
    again.unchanged === imported.added && again.added === 0 && again.updated === 0,
    `import again: ${again.added} added, ${again.updated} updated, ${again.unchanged} unchanged`,
  );
}

/** Offline saves: a comment at the end of definitions, `shared` of them at places that the other one edits too. */
async function work(folder: string, who: string, places: readonly string[]): Promise<void> {
  const replica = await openSpaceIn(folder, "normal");
  for (const location of places) {
    const binding = replica.store.read(({ packages }) => packages.nameRow(location)?.shown?.value);
    const text =
      binding?.type === "definition"
        ? replica.store.read(({ packages }) => packages.text(binding.hash))
        : null;
    if (text === null) throw new Error(`nothing at ${location}`);
    const saved = await save(
      replica,
      location,
      `/// Seen by ${who}\n${renderDefinition(text, nameOf(location))}`,
    );
    if (!saved.ok) throw new Error(`${location}: ${saved.problem.message}`);
  }
  replica.store.close();
}

function shuffled(places: readonly string[], seed: number): readonly string[] {
  const random = seeded(seed);
  return places
    .map((place) => ({ place, key: random() }))
    .sort((left, right) => left.key - right.key)
    .map(({ place }) => place);
}

/** All that a person sees, as one text. */
function viewOf(replica: Replica): string {
  return replica.store.read((tables) => {
    const rows = tables.packages
      .names("", 1_000_000)
      .map(({ location, shown, conflict }) => [location, shown?.value, conflict?.id]);
    return JSON.stringify([rows, listConflicts(replica, tables)]);
  });
}

async function twoTeammates(dir: string, ada: string): Promise<void> {
  const [bob, cleo] = [join(dir, "bob"), join(dir, "cleo")];
  const relay = await startRelay(join(dir, "relay"));
  const url = `http://127.0.0.1:${relay.port}`;
  await darklang(ada, "sync", "--relay", url);
  await darklang(ada, "sync", "--strategy", "lazy");
  await runNode([darklangBin, "join", url, bob, "--as", "Bob", "--json"]);
  await darklang(bob, "sync", "--strategy", "lazy");
  const reader = await openSpaceIn(ada);
  const all = reader.store.read(({ packages }) =>
    packages.names("", 1_000_000).map(({ location }) => location),
  );
  reader.store.close();
  const [shared, rest] = [shuffled(all, 1).slice(0, sharedPlaces), shuffled(all, 1).slice(sharedPlaces)];
  const own = savesEach - sharedPlaces;
  await work(ada, "Ada", [...shared, ...rest.slice(0, own)]);
  await work(bob, "Bob", [...shared, ...rest.slice(own, 2 * own)]);
  const syncs = [
    await darklang(ada, "sync"),
    await darklang(bob, "sync"),
    await darklang(ada, "sync"),
    await darklang(bob, "sync"),
  ];
  console.log(
    `     syncs: ${syncs.map(({ pushed, pulled }) => `${pushed} pushed, ${pulled} pulled`).join("; ")}`,
  );
  await runNode([darklangBin, "join", url, cleo, "--as", "Cleo", "--json"]);
  const replicas = await Promise.all([ada, bob, cleo].map((folder) => openSpaceIn(folder)));
  const views = replicas.map(viewOf);
  check(views[0] === views[1], "both see the same tree and the same conflicts");
  check(views[0] === views[2], "a third who joins later sees the same");
  const conflicts = replicas[0]?.store.read((tables) => listConflicts(replicas[0] as Replica, tables)) ?? [];
  const made = new Set(conflicts.map(({ location }) => location));
  check(
    conflicts.length === sharedPlaces && shared.every((location) => made.has(location)),
    `${conflicts.length} conflicts, one for each of the ${sharedPlaces} definitions that both changed`,
  );
  for (const replica of replicas) replica.store.close();
  await relay.stop();
}

const tree = process.argv[2];
if (tree === undefined) {
  console.error("Name the folder: npm run real-tree -- path/to/dark/packages");
  process.exitCode = 2;
} else {
  const dir = mkdtempSync(join(tmpdir(), "darksync-real-tree-"));
  try {
    const ada = join(dir, "ada");
    await roundTrip(tree, dir, ada);
    await twoTeammates(dir, ada);
  } finally {
    stopAll();
    rmSync(dir, { recursive: true, force: true });
  }
}
