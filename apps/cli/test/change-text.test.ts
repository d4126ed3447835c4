import type { Op } from "@darksync/core/op/op";
import { sha256 } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { describeOps, jsonOfOp } from "../src/change-text.js";

const conflict = "0123456789abcdef".repeat(4);
const branch = "fedcba9876543210".repeat(2);
const stream = `${"01".repeat(32)}.${"00".repeat(8)}`;
const vector = new Map([[stream, 3]]);
const owners = ["main/A", "main/B", "main/C", "main/D", "main/E", "main/F", "main/G"];

const lines: readonly (readonly [line: string, op: Op])[] = [
  ["accept conflict 0123456789ab", { type: "Accept", conflict, supersedes: [] }],
  ["reopen conflict 0123456789ab", { type: "Reopen", conflict, supersedes: [] }],
  ["create the branch", { type: "CreateBranch", parent: null }],
  ["create the branch, of branch fix", { type: "CreateBranch", parent: branch }],
  ["name the branch fix/ü", { type: "NameBranch", name: "fix/ü", supersedes: [] }],
  ["set the base of the branch: nothing", { type: "SetBase", logs: new Map(), supersedes: [] }],
  [
    "set the base of the branch: main/A, main/B, main/C, main/D, main/E and 2 more",
    { type: "SetBase", logs: new Map(owners.map((log) => [log, vector])), supersedes: [] },
  ],
  [
    "set the base of the branch: main/A, branch fix",
    {
      type: "SetBase",
      logs: new Map(["main/A", `branch/${branch}`].map((log) => [log, vector])),
      supersedes: [],
    },
  ],
  ["archive the branch", { type: "ArchiveBranch", supersedes: [] }],
  ["bring the branch back from the archive", { type: "RestoreBranch", supersedes: [] }],
  [
    "share the branch with Ben: to read",
    { type: "ShareBranch", member: "Ben", access: "read", supersedes: [] },
  ],
  [
    "share the branch with Ben: to write",
    { type: "ShareBranch", member: "Ben", access: "write", supersedes: [] },
  ],
  [
    "share the branch with Ben no more",
    { type: "ShareBranch", member: "Ben", access: "none", supersedes: [] },
  ],
  ["merge branch fix", { type: "Merged", branch, vector, request: "" }],
  ["merge branch fix (request 12)", { type: "Merged", branch, vector, request: "12" }],
];

test.each(lines)("a line of the log: %s", (line, op) => {
  expect(describeOps([op], 5, (id) => (id === branch ? "fix" : "?"))).toEqual([line]);
});

test("vectors are objects in JSON, by log and stream", () => {
  const json = (op: Op) => JSON.parse(JSON.stringify(jsonOfOp(sha256, op)));
  expect(json({ type: "SetBase", logs: new Map([["main/A", vector]]), supersedes: [] })).toEqual({
    type: "SetBase",
    logs: { "main/A": { [stream]: 3 } },
    supersedes: [],
  });
  expect(json({ type: "Merged", branch, vector, request: "" })).toEqual({
    type: "Merged",
    branch,
    vector: { [stream]: 3 },
    request: "",
  });
});
