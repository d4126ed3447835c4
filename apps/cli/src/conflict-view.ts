import { type Conflict, mainBranch } from "@darksync/core/conflict";
import { changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { renderText } from "@darksync/runtime/read/definition";
import { authorOf } from "@darksync/runtime/read/members";
import { usedBy } from "@darksync/runtime/read/references";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { isoTime } from "./queue-text.js";
import { localTime, shortId, someOf } from "./wording.js";

/** One side of a conflict as scripts see it; both null: deleted. */
export interface HeadView {
  readonly hash: string | null;
  readonly source: string | null;
  readonly author: string;
  readonly time: string | null;
}

/** A conflict as scripts see it. */
export interface ConflictView {
  readonly id: string;
  readonly kind: string;
  readonly location: string;
  readonly branch: string;
  readonly heads: readonly HeadView[];
  readonly base: { readonly hash: string | null; readonly source: string | null } | null;
  readonly dependents: readonly string[];
  /** A rule chosen beforehand; this version knows none. */
  readonly planned: null;
}

/** A conflict with its sides' texts and what uses the definition. */
export function conflictView(
  replica: Pick<Replica, "language">,
  tables: ReplicaTables,
  { id, kind, location, heads, base }: Conflict,
): ConflictView {
  return {
    id,
    kind,
    location,
    branch: mainBranch,
    heads: heads.map((head) => ({ ...textView(tables, location, head), ...authorView(tables, head) })),
    base: base === null ? null : textView(tables, location, base),
    dependents: usedBy(replica, tables, location),
    planned: null,
  };
}

function textView(
  tables: ReplicaTables,
  location: string,
  { value }: Assignment<"name">,
): Pick<HeadView, "hash" | "source"> {
  if (value.type === "nothing") return { hash: null, source: null };
  const text = tables.packages.text(value.hash);
  return { hash: value.hash, source: text === null ? null : renderText(location, text) };
}

function authorView(tables: ReplicaTables, { id }: Assignment<"name">): Pick<HeadView, "author" | "time"> {
  const record = tables.changes.get(changeOf(id));
  if (record === null) return { author: "unknown", time: null };
  return { author: authorOf(tables, record.device), time: isoTime(record.time.wallMs) };
}

const columns = 80;
const shownDependents = 5;

/** A conflict for people: the base, then each side, within 80 columns. */
export function describeConflict({ id, kind, location, heads, base, dependents }: ConflictView): string {
  const lines = [`${shortId(id)}  ${kind}  ${location}`, ""];
  if (base !== null) lines.push(rule("before both"), ...sourceLines(base), "");
  for (const head of heads) {
    const time = head.time === null ? "" : `, ${localTime(Date.parse(head.time))}`;
    lines.push(rule(`${head.author}${time}`), ...sourceLines(head), "");
  }
  if (dependents.length > 0) lines.push(`Used by: ${someOf(dependents, shownDependents)}`);
  lines.push("Settle it: darklang conflicts resolve ID --mine | --theirs | --file F");
  return lines.join("\n");
}

function rule(title: string): string {
  return `── ${title} ${"─".repeat(Math.max(0, columns - title.length - 4))}`;
}

function sourceLines({ hash, source }: Pick<HeadView, "hash" | "source">): readonly string[] {
  if (hash === null) return ["  (removed)"];
  if (source === null) return ["  (the text is not on this device)"];
  return source.trimEnd().split("\n").flatMap(wrapped);
}

/** A line of source in pieces that fit; what goes on is indented further. */
function wrapped(line: string): readonly string[] {
  const pieces: string[] = [];
  let rest = `  ${line}`;
  while (rest.length > columns) {
    pieces.push(rest.slice(0, columns));
    rest = `    ${rest.slice(columns)}`;
  }
  return [...pieces, rest];
}
