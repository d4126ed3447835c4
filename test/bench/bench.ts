// `npm run bench`: the figures of this version, each beside a raw limit in the same run. See docs/benchmarks.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { measureConflicts } from "./conflicts.ts";
import { measureKills } from "./kills.ts";
import type { Finding } from "./measure.ts";
import { rounded } from "./measure.ts";
import { measureMonthAway } from "./month-away.ts";
import { edits } from "./payload.ts";
import { stopAll } from "./processes.ts";
import { makeWorld, measureCatchUp, measureClone, measureReconnect, measureStart } from "./syncs.ts";
import { measureBulkWrites, measureImport, measureSingleWrites } from "./writes.ts";

const dir = mkdtempSync(join(tmpdir(), "darksync-bench-"));
const findings: Finding[] = [];

function note(more: readonly Finding[]): void {
  for (const finding of more) {
    findings.push(finding);
    const { target, work, unit, darksync, raw, ratio, goal, reached } = finding;
    const beside = raw === null ? "" : ` beside ${raw.toLocaleString("en")} (${ratio} ×)`;
    const verdict = reached === null ? "" : reached ? "  reached" : "  SHORT";
    console.log(
      `${target.padEnd(4)} ${work}: ${darksync.toLocaleString("en")} ${unit}${beside}; goal ${goal}${verdict}`,
    );
  }
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

const chosen = process.argv.slice(2);
const wants = (target: string) => chosen.length === 0 || chosen.includes(target);

try {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    load: loadavg()[0] ?? 0,
  };
  console.log(JSON.stringify({ machine, compressibility: compressibility() }));
  if (wants("T2")) note([...(await measureBulkWrites(dir)), ...(await measureImport(dir))]);
  if (wants("T11")) note(await measureKills(dir));
  if (wants("T12")) note(await measureConflicts(dir));
  if (wants("away")) note(await measureMonthAway(dir));
  if (["T1", "T3", "T5", "T7", "T13"].some(wants)) {
    const small = await makeWorld(join(dir, "world-1000"), 1000);
    const large = await makeWorld(join(dir, "world-100000"), 100_000);
    if (wants("T1")) note(await measureSingleWrites(dir, large.bob));
    if (wants("T3")) note(await measureClone(dir, large));
    if (wants("T5")) note(await measureCatchUp(dir, [small, large]));
    if (wants("T7")) note(await measureReconnect(dir, [small, large]));
    if (wants("T13")) note(await measureStart(large));
  }
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  const file = join(results, `${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.json`);
  writeFileSync(
    file,
    `${JSON.stringify({ machine, compressibility: compressibility(), findings }, null, 2)}\n`,
  );
  console.log(`Written to test/bench/results/${file.split("/").at(-1)}`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  // A relay that a failed measurement left behind would keep this process alive.
  stopAll();
  rmSync(dir, { recursive: true, force: true });
}
