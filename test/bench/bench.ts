// `npm run bench [-- --peers] [T1 T3 …]`: the figures of this version beside a raw limit, and with `--peers` beside the
// servers of others, in one run. See docs/benchmarks.md. --scale=0.1 makes all sizes a tenth, for a look.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { measureConflicts } from "./conflicts.ts";
import { DarksyncSide } from "./darksync-side.ts";
import { measureFanOut } from "./fan-out.ts";
import { GitSide } from "./git-side.ts";
import { measureIdleMemory } from "./idle-memory.ts";
import { measureKills } from "./kills.ts";
import type { Finding } from "./measure.ts";
import { rounded } from "./measure.ts";
import { measureMonthAway } from "./month-away.ts";
import { edits } from "./payload.ts";
import { loadPeers, type Peers } from "./peers.ts";
import { stopAll } from "./processes.ts";
import { rawSide } from "./raw-side.ts";
import { measureReconnects } from "./reconnects.ts";
import { scale } from "./size.ts";
import { measureMillion, measureSyncs } from "./sync-runs.ts";
import { measureWireWrites } from "./wire-writes.ts";
import { measureBulkWrites, measureImport } from "./writes.ts";

const resultFolder = join(import.meta.dirname, "results");
const dir = mkdtempSync(join(tmpdir(), "darksync-bench-"));
const began = new Date();
const findings: Finding[] = [];
/** Peers that could not be installed stand in the tables by name. */
let absent: Peers["absent"] = {};

function note(more: readonly Finding[]): void {
  for (const found of more) {
    const isBesidePeers = found.peers !== undefined && found.target !== "T12";
    const finding = isBesidePeers ? { ...found, peers: { ...absent, ...found.peers } } : found;
    findings.push(finding);
    const { target, work, unit, darksync, raw, ratio, goal, reached, peers = {} } = finding;
    const figure = (value: number | string | null) => (value === null ? "–" : value.toLocaleString("en"));
    const times = ratio === null ? "" : ` (${ratio} ×)`;
    const beside = raw === null ? "" : ` beside ${figure(raw)}${times}`;
    const others = Object.entries(peers).map(([name, value]) => `, ${name} ${figure(value)}`);
    const verdict = reached === null ? "" : reached ? "  reached" : "  SHORT";
    console.log(
      `${target.padEnd(4)} ${work}: ${figure(darksync)} ${unit}${beside}${others.join("")}; goal ${goal}${verdict}`,
    );
  }
  writeResults();
}

function compressibility(): number {
  const texts = Buffer.from(
    edits(7, 1000, 1000)
      .map(({ text }) => text.head + text.tail)
      .join("\n"),
  );
  const packed = brotliCompressSync(texts, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return rounded(packed.length / texts.length);
}

function machine() {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    load: rounded(loadavg()[0] ?? 0),
    scale,
  };
}

/** Targets that take long, or need what is not everywhere: only when they are named. */
const named = ["million"];

async function measure(chosen: readonly string[], peers: Peers): Promise<void> {
  const wants = (target: string) => (chosen.length === 0 ? !named.includes(target) : chosen.includes(target));
  const sides = (durability: "fsync" | "no-fsync") => [
    rawSide(durability),
    new DarksyncSide(),
    ...peers.sides,
  ];
  const withGit = [...sides("fsync"), ...(peers.sides.length > 0 ? [new GitSide()] : [])];
  if (wants("T1")) note(await measureWireWrites(dir, withGit));
  if (wants("T2")) note([...(await measureBulkWrites(dir)), ...(await measureImport(dir))]);
  if (wants("T8")) note(await measureFanOut(dir, sides("no-fsync")));
  if (wants("T9")) note(await measureIdleMemory(dir, sides("no-fsync")));
  if (wants("T10")) note(await measureReconnects(dir, sides("no-fsync")));
  if (wants("T11")) note(await measureKills(dir, withGit));
  if (wants("T12")) note(await measureConflicts(dir));
  if (wants("away")) note(await measureMonthAway(dir));
  await measureSyncs(dir, wants, peers, note);
  if (wants("million")) await measureMillion(dir, peers, note);
}

/** After every measurement: a run that is stopped has its figures. */
function writeResults(): void {
  mkdirSync(resultFolder, { recursive: true });
  const run = {
    began: began.toISOString(),
    minutes: rounded((Date.now() - began.getTime()) / 60_000),
    machine: before,
    loadAfter: rounded(loadavg()[0] ?? 0),
    findings,
  };
  writeFileSync(join(resultFolder, resultFile), `${JSON.stringify(run, null, 2)}\n`);
}

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const resultFile = `${began.toISOString().slice(0, 19).replaceAll(":", "")}.json`;
const before = { ...machine(), compressibility: compressibility() };
try {
  console.log(JSON.stringify(before));
  const peers = flags.includes("--peers") ? await loadPeers() : { sides: [], absent: {} };
  absent = peers.absent;
  await measure(chosen, peers);
  console.log(`Written to test/bench/results/${resultFile}`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  // A relay that a failed measurement left behind would keep this process alive.
  stopAll();
  await pause(200);
  rmSync(dir, { recursive: true, force: true });
  process.exit();
}
