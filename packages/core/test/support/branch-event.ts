import { branchLog } from "../../src/branch.js";
import type { Op } from "../../src/op/op.js";
import type { OpId } from "../../src/op-id.js";
import { branchedKey, type Register } from "../../src/register.js";
import { deviceKey } from "./placed.js";

export const branchEvents = [
  "accept",
  "reopen",
  "create branch",
  "name branch",
  "set base",
  "archive branch",
  "restore branch",
  "share branch",
  "merged",
  "unmerged",
] as const;

export type BranchEvent = (typeof branchEvents)[number];

const branch = "0b".repeat(16);
const conflict = deviceKey(0xcc);
const stream = `${deviceKey(1)}.${"00".repeat(8)}`;

/** The op of an event and the log it stands in. `number` makes it unlike others; `seen`: the heads its author sees. */
export function branchOp(
  event: BranchEvent,
  number: number,
  seen: (register: Register) => readonly OpId[],
): { readonly log: string; readonly op: Op } {
  const log = branchLog(branch);
  switch (event) {
    case "accept":
    case "reopen": {
      const supersedes = seen({ type: "acceptance", key: conflict });
      const type = event === "accept" ? "Accept" : "Reopen";
      return { log: number % 2 === 0 ? log : "main/Acme", op: { type, conflict, supersedes } };
    }
    case "create branch":
      return { log, op: { type: "CreateBranch", parent: null } };
    case "name branch": {
      const supersedes = seen({ type: "branchName", key: branch });
      return { log, op: { type: "NameBranch", name: `n${number}`, supersedes } };
    }
    case "set base": {
      const logs = new Map([["main/Acme", new Map([[stream, number + 1]])]]);
      return { log, op: { type: "SetBase", logs, supersedes: seen({ type: "branchBase", key: branch }) } };
    }
    case "archive branch":
    case "restore branch": {
      const supersedes = seen({ type: "branchArchived", key: branch });
      return {
        log,
        op: { type: event === "archive branch" ? "ArchiveBranch" : "RestoreBranch", supersedes },
      };
    }
    case "share branch": {
      const supersedes = seen({ type: "branchShare", key: branchedKey(branch, "Ben") });
      const access = number % 2 === 0 ? "read" : "write";
      return { log, op: { type: "ShareBranch", member: "Ben", access, supersedes } };
    }
    case "unmerged": {
      const supersedes = seen({ type: "merge", key: branch });
      return { log: "main/Acme", op: { type: "Unmerged", branch, supersedes } };
    }
    case "merged": {
      const vector = new Map([[stream, number + 1]]);
      return { log: "main/Acme", op: { type: "Merged", branch, vector, request: "" } };
    }
  }
}
