import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Conflict } from "@darksync/core/conflict";
import { contentHash } from "@darksync/core/content-hash";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import type { Assignment } from "@darksync/core/register";
import { sha256 } from "@darksync/node/crypto";
import { allConflicts } from "@darksync/runtime/conflict/filter";
import { resolveAll } from "@darksync/runtime/conflict/resolve";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { linkedDefinitions, withLastLine } from "./conflict-payload.ts";
import { GitMerge } from "./git-merge.ts";
import { type Finding, median, rounded, timeMs } from "./measure.ts";
import { startRelay } from "./processes.ts";
import { closing, darklang, joinSpace, linkTo, shownIn, urlOf } from "./space-commands.ts";
import { copySpace, makeSpace, openSpaceIn, saveInBatches } from "./spaces.ts";

const definitionCount = 10_000;
const conflictCount = 1000;
const roundCount = 7;

/** What every side has in its hands: the definitions, and the edits of Ada and of Bob, which are in conflict. */
interface Edits {
  readonly base: readonly DefinitionToSave[];
  readonly ada: readonly DefinitionToSave[];
  readonly bob: readonly DefinitionToSave[];
}

/** A relay's data and two spaces, all closed. */
interface Conflicted {
  readonly relayData: string;
  readonly ada: string;
  readonly bob: string;
}

/**
 * T12: 1,000 definitions of 10,000 that two changed in the same line: listed with base and texts, and settled by one
 * rule, in process and as commands. Beside `git merge` of the same edits in a repository with one file for each
 * definition, and beside comparing the hashes of both sides. Every round has copies that nobody opened before.
 */
export async function measureConflicts(dir: string): Promise<readonly Finding[]> {
  const base = linkedDefinitions(61, definitionCount);
  const shared = base.filter((_, index) => index % (definitionCount / conflictCount) === 0);
  const edits = { base, ada: withLastLine(shared, "adasAnswer"), bob: withLastLine(shared, "bobsAnswer") };
  const conflicted = await makeConflicted(join(dir, "conflicted"), edits);
  const git = await GitMerge.make(join(dir, "git"), base, edits.bob, edits.ada);
  const samples = {
    list: [] as number[],
    listCommand: [] as number[],
    settle: [] as number[],
    settleCommand: [] as number[],
    listCpu: [] as number[],
    settleCpu: [] as number[],
    gitMerge: [] as number[],
    gitSettle: [] as number[],
    hashes: [] as number[],
  };
  for (let round = 0; round < roundCount; round += 1) {
    samples.hashes.push(compareHashes(edits));
    samples.gitMerge.push(await git.merge(conflictCount));
    samples.gitSettle.push(await git.keepOurs());
    const folder = join(dir, `conflicts-${round}`);
    copySpace(conflicted.bob, folder);
    const { list, settle } = await inProcess(folder);
    samples.list.push(list.ms);
    samples.listCpu.push(list.cpuMs);
    samples.settle.push(settle.ms);
    samples.settleCpu.push(settle.cpuMs);
    const commands = join(dir, `conflicts-commands-${round}`);
    copySpace(conflicted.bob, commands);
    samples.listCommand.push(await listByCommand(commands));
    samples.settleCommand.push(await settleByCommand(commands));
  }
  await checkEndState(conflicted, join(dir, `conflicts-commands-0`));
  const listed = "1,000 conflicts listed with base and texts";
  return [
    finding(`${listed}, beside comparing hashes`, samples.list, "raw", samples.hashes, 100),
    finding("processor time of that", samples.listCpu, "raw", samples.hashes, null),
    finding(`${listed}, beside git merge`, samples.list, "git", samples.gitMerge, null),
    finding(
      "`conflicts --json`, dependents too, beside git merge",
      samples.listCommand,
      "git",
      samples.gitMerge,
      null,
    ),
    finding(
      "all settled by one rule, beside git checkout --ours",
      samples.settle,
      "git",
      samples.gitSettle,
      500,
    ),
    finding("processor time of that", samples.settleCpu, "git", samples.gitSettle, null),
    finding(
      "`conflicts resolve --all --rule mine`, beside the same",
      samples.settleCommand,
      "git",
      samples.gitSettle,
      null,
    ),
  ];
}

async function makeConflicted(dir: string, { base, ada, bob }: Edits): Promise<Conflicted> {
  mkdirSync(dir, { recursive: true });
  const made = { relayData: join(dir, "relay"), ada: join(dir, "ada"), bob: join(dir, "bob") };
  await closing(await makeSpace(made.ada, "Ada", "normal"), (replica) => saveInBatches(replica, base, 1000));
  const relay = await startRelay(made.relayData);
  await darklang(made.ada, "sync", "--relay", urlOf(relay));
  await joinSpace(relay, made.bob, "Bob");
  for (const [folder, definitions] of [
    [made.ada, ada],
    [made.bob, bob],
  ] as const) {
    await closing(await openSpaceIn(folder, "normal"), (replica) =>
      saveInBatches(replica, definitions, 1000),
    );
  }
  await darklang(made.ada, "sync");
  const { conflicts } = (await darklang(made.bob, "sync")).json;
  if (conflicts !== conflictCount) throw new Error(`${conflicts} conflicts and not ${conflictCount}`);
  await relay.stop();
  return made;
}

/** What some work took, and how much of that the processor: on a machine with other work the two differ. */
interface Took {
  readonly ms: number;
  readonly cpuMs: number;
}

async function timeWithCpu(work: () => Promise<unknown> | unknown): Promise<Took> {
  const before = process.cpuUsage();
  const ms = await timeMs(work);
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000 };
}

/** What listing and settling take with the space open. */
async function inProcess(folder: string): Promise<{ readonly list: Took; readonly settle: Took }> {
  return closing(await openSpaceIn(folder), async (replica) => {
    let texts: readonly string[] = [];
    const list = await timeWithCpu(() => {
      texts = replica.store.read((tables) => textsOf(replica, tables));
    });
    if (texts.length !== 3 * conflictCount) throw new Error(`${texts.length} texts`);
    let settled = 0;
    const settle = await timeWithCpu(async () => {
      const resolved = await resolveAll(replica, allConflicts, "mine", "write");
      if (resolved.ok) settled = resolved.value.settled.length;
    });
    const remaining = replica.store.read(({ packages }) => packages.countConflicts());
    if (settled !== conflictCount || remaining !== 0)
      throw new Error(`${settled} settled, ${remaining} left`);
    return { list, settle };
  });
}

/** The texts of all sides of all conflicts and of what was before. */
function textsOf(replica: Replica, tables: ReplicaTables): readonly string[] {
  return listConflicts(replica, tables).flatMap((conflict) =>
    namingsOf(conflict).flatMap(({ value }) => {
      const text = value.type === "definition" ? tables.packages.text(value.hash) : null;
      return text === null ? [] : [renderDefinition(text, nameOf(conflict.location))];
    }),
  );
}

function namingsOf({ heads, base }: Conflict): readonly Assignment<"name">[] {
  return base === null ? heads : [base, ...heads];
}

async function listByCommand(folder: string): Promise<number> {
  const { ms, json } = await darklang(folder, "conflicts", "--offline");
  const { conflicts } = json as { conflicts?: readonly { dependents: readonly string[] }[] };
  if (conflicts?.length !== conflictCount) throw new Error(`${conflicts?.length} conflicts are listed`);
  if (conflicts.every(({ dependents }) => dependents.length === 0))
    throw new Error("no dependents are found");
  return ms;
}

async function settleByCommand(folder: string): Promise<number> {
  const args = ["conflicts", "resolve", "--all", "--rule", "mine", "--offline"];
  const { ms, json } = await darklang(folder, ...args);
  const { resolved, remaining } = json as { resolved: readonly string[]; remaining: number };
  if (resolved.length !== conflictCount || remaining !== 0) throw new Error(`${remaining} are left`);
  return ms;
}

/** What no merge can do without: both sides' hashes compared with those before, in memory. */
function compareHashes({ base, ada, bob }: Edits): number {
  const before = hashesOf(base);
  const [left, right] = [new Map([...before, ...hashesOf(ada)]), new Map([...before, ...hashesOf(bob)])];
  const start = performance.now();
  let differing = 0;
  for (const [location, hash] of before) {
    const [own, other] = [left.get(location), right.get(location)];
    if (own !== hash && other !== hash && own !== other) differing += 1;
  }
  const ms = performance.now() - start;
  if (differing !== conflictCount) throw new Error(`${differing} differ`);
  return ms;
}

function hashesOf(definitions: readonly DefinitionToSave[]): ReadonlyMap<string, string> {
  return new Map(definitions.map(({ location, text }) => [location, contentHash(sha256, text)] as const));
}

/** After a sync both replicas show the same, without a conflict: what Bob kept. */
async function checkEndState({ relayData, ada }: Conflicted, settled: string): Promise<void> {
  const relay = await startRelay(relayData);
  for (const folder of [settled, ada]) {
    await linkTo(folder, relay);
    await darklang(folder, "sync");
  }
  await relay.stop();
  const [kept, synced] = [await shownIn(settled, definitionCount), await shownIn(ada, definitionCount)];
  if (kept !== synced) throw new Error("the two replicas show different packages");
}

function finding(
  work: string,
  ours: readonly number[],
  name: "raw" | "git",
  beside: readonly number[],
  goalMs: number | null,
): Finding {
  const [darksync, limit] = [median(ours), median(beside)];
  return {
    target: "T12",
    work,
    unit: "ms",
    darksync: rounded(darksync),
    raw: name === "raw" ? rounded(limit) : null,
    ratio: name === "raw" ? rounded(darksync / limit) : null,
    goal: goalMs === null ? "(for information)" : `≤ ${goalMs} ms`,
    reached: goalMs === null ? null : darksync <= goalMs,
    peers: name === "git" ? { git: rounded(limit) } : {},
    samples: { darksync: ours.map(rounded), [name]: beside.map(rounded) },
  };
}
