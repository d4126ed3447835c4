import { type BranchAccess, type BranchId, branchOfLog } from "@darksync/core/branch";
import { contentHash } from "@darksync/core/content-hash";
import type { DefinitionKind } from "@darksync/core/definition";
import type { Op } from "@darksync/core/op/op";
import type { Hash } from "@darksync/core/ports";
import type { LogName, Vector } from "@darksync/core/vector";
import { putBackChoice } from "@darksync/runtime/conflict/writers";
import { shortId, someOf } from "./wording.js";

/** What people call a branch. */
export type BranchNaming = (id: BranchId) => string;

/** What the ops of a change do, a line for each, at most `limit` of them. */
export function describeOps(
  ops: readonly Op[],
  limit: number,
  nameOfBranch: BranchNaming,
): readonly string[] {
  const moved = new Set(
    ops.flatMap((op) => (op.type === "SetName" && op.movedFrom !== null ? [op.movedFrom] : [])),
  );
  const lines = ops
    .filter((op) => !(op.type === "UnsetName" && moved.has(op.location)))
    .flatMap((op) => describeOp(op, nameOfBranch) ?? []);
  const rest = lines.length - limit;
  return rest > 0 ? [...lines.slice(0, limit), `and ${rest} more`] : lines;
}

function describeOp(op: Op, nameOfBranch: BranchNaming): string | null {
  switch (op.type) {
    case "AddFn":
    case "AddType":
    case "AddValue":
      return null;
    case "SetName": {
      const version = `${op.kind} ${shortId(op.target)}`;
      return op.movedFrom === null
        ? `set ${op.location} (${version})`
        : `move ${op.movedFrom} to ${op.location}`;
    }
    case "UnsetName":
      return `remove ${op.location}`;
    case "Deprecate":
      return `deprecate ${op.location}${op.message === "" ? "" : `: ${op.message}`}`;
    case "Undeprecate":
      return `deprecate ${op.location} no more`;
    case "SetFile":
      return op.skeleton.length === 0 ? `forget the layout of ${op.path}` : `lay out ${op.path}`;
    case "Resolve":
      return op.choice === putBackChoice
        ? `bring back a side of conflict ${shortId(op.conflict)}`
        : `settle conflict ${shortId(op.conflict)} (${op.choice})`;
    case "IntroduceDevice":
      return `introduce ${op.member}`;
    case "CreateNamespace":
      return `create the namespace ${op.owner}`;
    case "Accept":
      return `accept conflict ${shortId(op.conflict)}`;
    case "Reopen":
      return `reopen conflict ${shortId(op.conflict)}`;
    case "CreateBranch":
      return op.parent === null
        ? "create the branch"
        : `create the branch, of branch ${nameOfBranch(op.parent)}`;
    case "NameBranch":
      return `name the branch ${op.name}`;
    case "SetBase":
      return `set the base of the branch: ${baseWords([...op.logs.keys()], nameOfBranch)}`;
    case "ArchiveBranch":
      return "archive the branch";
    case "RestoreBranch":
      return "bring the branch back from the archive";
    case "ShareBranch":
      return `share the branch with ${op.member}${accessText[op.access]}`;
    case "Merged":
      return `merge branch ${nameOfBranch(op.branch)}${op.request === "" ? "" : ` (request ${op.request})`}`;
    case "Unmerged":
      return `take back that branch ${nameOfBranch(op.branch)} was merged`;
  }
}

const shownLogs = 5;

function baseWords(logs: readonly LogName[], nameOfBranch: BranchNaming): string {
  if (logs.length === 0) return "nothing";
  const words = logs.map((log) => {
    const id = branchOfLog(log);
    return id === null ? log : `branch ${nameOfBranch(id)}`;
  });
  return someOf(words, shownLogs);
}

const accessText: Readonly<Record<BranchAccess, string>> = {
  none: " no more",
  read: ": to read",
  write: ": to write",
};

/** An op for scripts: a text is given by its kind and hash, a layout by its path. */
export function jsonOfOp(hash: Hash, op: Op): Readonly<Record<string, unknown>> {
  switch (op.type) {
    case "AddFn":
      return jsonOfText(hash, op.type, "fn", op);
    case "AddType":
      return jsonOfText(hash, op.type, "type", op);
    case "AddValue":
      return jsonOfText(hash, op.type, "value", op);
    case "SetFile":
      return { type: op.type, path: op.path, definitions: slotsOf(op), supersedes: op.supersedes };
    case "SetBase":
      return {
        ...op,
        logs: Object.fromEntries([...op.logs].map(([log, seen]) => [log, jsonOfVector(seen)])),
      };
    case "Merged":
      return { ...op, vector: jsonOfVector(op.vector) };
    default:
      return { ...op };
  }
}

function jsonOfVector(vector: Vector): Readonly<Record<string, number>> {
  return Object.fromEntries(vector);
}

function jsonOfText(
  hash: Hash,
  type: string,
  kind: DefinitionKind,
  { head, tail }: { readonly head: string; readonly tail: string },
): Readonly<Record<string, unknown>> {
  return { type, kind, hash: contentHash(hash, { kind, head, tail }) };
}

function slotsOf({ skeleton }: Extract<Op, { type: "SetFile" }>): number {
  return skeleton.filter((piece) => typeof piece !== "string").length;
}
