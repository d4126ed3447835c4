// `npm run bench:report [-- RESULTS…]`: writes the tables of docs/benchmarks.md, and the raw data beside it, from result
// files of `npm run bench` (the newest if none is named). Of a row in several files that of the last one named counts.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./measure.ts";

/** A result file, as `bench.ts` writes it. */
interface Run {
  readonly began: string;
  readonly minutes: number;
  readonly machine: {
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly load: number;
    readonly scale: number;
  };
  readonly loadAfter: number;
  readonly findings: readonly Finding[];
}

const titles: Readonly<Record<string, string>> = {
  T1: "durable single writes",
  T1b: "single writes without fsync",
  T2: "bulk writes",
  T3: "clone",
  T4: "bytes of a clone",
  T5: "catch-up",
  T6: "bytes of a catch-up",
  T7: "reconnect with nothing new",
  T8: "fan-out, one writer to many readers",
  T9: "memory of idle rooms and connections",
  T10: "many clients reconnect at once",
  T11: "acknowledged work lost when the server is killed",
  T12: "1,000 conflicting edits",
  T13: "start of a command",
  T14: "idle sync",
  away: "a month away",
};

const root = join(import.meta.dirname, "..", "..");
const page = join(root, "docs", "benchmarks.md");
const data = join(root, "docs", "benchmarks.json");
const [begin, end] = ["<!-- tables: begin -->", "<!-- tables: end -->"];
const peerNames = ["y-websocket", "hocuspocus", "automerge", "git"];

function newest(): string {
  const folder = join(import.meta.dirname, "results");
  const file = readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.json$/.test(name))
    .sort()
    .at(-1);
  if (file === undefined) throw new Error("there are no results yet: npm run bench");
  return join(folder, file);
}

/** The target that a row belongs to, and how targets are ordered. */
function targetOf({ target }: Finding): string {
  return target.split(" ")[0] ?? target;
}

function orderOf(target: string): number {
  const order = Object.keys(titles).indexOf(target);
  return order < 0 ? Object.keys(titles).length : order;
}

/** Of a row in several runs, that of the last. */
function latestRows(runs: readonly Run[]): readonly Finding[] {
  const findings = runs.flatMap((run) => run.findings);
  return [...new Map(findings.map((finding) => [`${finding.target} ${finding.work}`, finding])).values()];
}

function tables(findings: readonly Finding[]): string {
  const targets = [...new Set(findings.map(targetOf))].sort((left, right) => orderOf(left) - orderOf(right));
  return targets
    .map((target) =>
      table(
        target,
        findings.filter((finding) => targetOf(finding) === target),
      ),
    )
    .join("\n\n");
}

function table(target: string, findings: readonly Finding[]): string {
  const peers = peerNames.filter((name) => findings.some((finding) => finding.peers?.[name] !== undefined));
  const head = ["work", "raw", "darksync", ...peers, "darksync / raw", "goal", ""];
  const rows = findings.map((finding) => [
    finding.target === target
      ? finding.work
      : `${finding.work} ${finding.target.slice(target.length).trim()}`,
    figure(finding.raw, finding.unit),
    `**${figure(finding.darksync, finding.unit)}**`,
    ...peers.map((name) => figure(finding.peers?.[name] ?? null, finding.unit)),
    finding.ratio === null ? "–" : finding.ratio.toLocaleString("en", { maximumSignificantDigits: 3 }),
    finding.goal,
    finding.reached === null ? "" : finding.reached ? "reached" : "**short**",
  ]);
  const rule = head.map((_, column) => (column === 0 || column >= head.length - 2 ? "---" : "--:"));
  const notes = [
    ...new Set(findings.flatMap(({ note }) => (note === undefined || note === "" ? [] : [note]))),
  ];
  const lines = [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const title = `### ${target}: ${titles[target] ?? target}`;
  return [title, "", ...lines, ...notes.flatMap((note) => ["", ...wrapped(`${note}.`)])].join("\n");
}

/** A figure with its unit; bytes as kB and MB. */
function figure(value: number | string | null, unit: string): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  if (unit === "B" && value >= 1_000_000) return `${short(value / 1_000_000)} MB`;
  if (unit === "B" && value >= 10_000) return `${short(value / 1000)} kB`;
  return `${short(value)} ${unit}`.trim();
}

function short(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** Lines of at most 120 columns. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length + 1 > 120) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function heading(runs: readonly Run[]): string {
  return runs
    .map(({ began, minutes, machine, loadAfter, findings }) => {
      const targets = [...new Set(findings.map(targetOf))].join(", ");
      const smaller = machine.scale === 1 ? "" : `, sizes × ${machine.scale}: no figures of record`;
      return wrapped(
        `Run of ${began.slice(0, 16).replace("T", " ")} UTC, ${minutes} minutes, Node ${machine.node.slice(1)}, ` +
          `${machine.cores} cores (${machine.cpu}), load ${machine.load} before and ${loadAfter} after${smaller}: ${targets}.`,
      ).join("\n");
    })
    .join("\n\n");
}

const named = process.argv.slice(2);
const files = named.length > 0 ? named : [newest()];
const runs = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as Run);
const text = readFileSync(page, "utf8");
const [before, after] = [text.indexOf(begin), text.indexOf(end)];
if (before < 0 || after < before) throw new Error(`${page} has no place for the tables`);
const made = `${begin}\n\n${heading(runs)}\n\n${tables(latestRows(runs))}\n\n`;
writeFileSync(page, text.slice(0, before) + made + text.slice(after));
writeFileSync(data, `${JSON.stringify(runs, null, 1)}\n`);
console.log(
  `docs/benchmarks.md and docs/benchmarks.json are of ${runs.map(({ began }) => began).join(", ")}.`,
);
