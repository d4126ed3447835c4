import { describe, expect, test } from "vitest";
import { decodeChange, encodeChange } from "../src/change.js";
import { problemOf } from "../src/fold.js";
import type { Op } from "../src/op/op.js";
import { opId } from "../src/op-id.js";
import { deviceKey, nameOp, newChange } from "./support/placed.js";

/** Whether an op may be made; what may be made must come back from its bytes. */
function isValid(op: Op, log = "main/Acme"): boolean {
  const change = newChange(1, [op]);
  if (problemOf({ log, change }) !== null) return false;
  expect(decodeChange(encodeChange(change))).toEqual({ type: "change", change });
  return true;
}

describe("O9.1 layouts", () => {
  const file = (path: string): Op => ({ type: "SetFile", path, skeleton: [], supersedes: [] });

  test.each(["a.dark", "a/b/c.dark", "a b/é.dark", ".dark", "...dark", `${"a".repeat(336)}.dark`])(
    "O9.1 path %j",
    (path) => {
      expect(isValid(file(path))).toBe(true);
    },
  );

  const badPaths = [
    "/a",
    "a//b",
    "./a",
    "../a",
    "a/../b",
    "a/./b",
    "a\\b",
    "a\0",
    "a\n.dark",
    "a\u001b[2J.dark",
    "a".repeat(337),
  ];
  const others = ["", "/", ".", "..", "a", "a.dark/", "a.dark/..", ".git/config", "package.json", "a.DARK"];
  test.each([...badPaths.map((path) => `${path}.dark`), ...others])("O9.1 no path: %j", (path) => {
    expect(isValid(file(path))).toBe(false);
  });

  test("O9.1 the largest layouts that are allowed come back, larger ones are refused", () => {
    const layout = (skeleton: Extract<Op, { type: "SetFile" }>["skeleton"]): Op => ({
      type: "SetFile",
      path: "a.dark",
      skeleton,
      supersedes: [],
    });
    const half = 256 * 1024;
    expect(isValid(layout(["a".repeat(half), "b".repeat(half)]))).toBe(true);
    expect(isValid(layout(["a".repeat(half), "b".repeat(half + 1)]))).toBe(false);
    expect(isValid(layout(new Array<string>(65_536).fill("")))).toBe(true);
    expect(isValid(layout(new Array<string>(65_537).fill("")))).toBe(false);
    for (const column of [0, 1024]) expect(isValid(layout([{ location: "Acme.a", column }]))).toBe(true);
    for (const column of [-1, 0.5, 1025, Number.NaN])
      expect(isValid(layout([{ location: "Acme.a", column }]))).toBe(false);
    expect(isValid(layout([{ location: "Acme", column: 0 }]))).toBe(false);
  });
});

describe("C1.9 fields at their limits", () => {
  const ids = Array.from({ length: 4097 }, (_, index) => opId(deviceKey(1), index));
  const longest = `Acme.${"a".repeat(1019)}`;
  const resolve = (differences: Partial<Extract<Op, { type: "Resolve" }>>): Op => ({
    type: "Resolve",
    conflict: deviceKey(1),
    choice: "mine",
    rule: "",
    ...differences,
  });
  const deprecate = (message: string): Op => ({
    type: "Deprecate",
    location: longest,
    message,
    supersedes: [],
  });
  const member = (name: string): Op => ({ type: "IntroduceDevice", member: name, supersedes: [] });
  const owner = (name: string): Op => ({ type: "CreateNamespace", owner: name, supersedes: [] });
  const branch = "0b".repeat(16);
  const branchLog = `branch/${branch}`;
  const parent = "0c".repeat(16);
  const stream = `${deviceKey(1)}.${"00".repeat(8)}`;
  const branchName = (name: string): Op => ({ type: "NameBranch", name, supersedes: [] });
  const base = (log: string, at: string = stream, seq = 1): Op => ({
    type: "SetBase",
    logs: new Map([[log, new Map([[at, seq]])]]),
    supersedes: [],
  });
  const merged = (differences: Partial<Extract<Op, { type: "Merged" }>>): Op => ({
    type: "Merged",
    branch: parent,
    vector: new Map([[stream, 1]]),
    request: "",
    ...differences,
  });
  const share = (name: string): Op => ({ type: "ShareBranch", member: name, access: "read", supersedes: [] });
  const manyStreams = new Map(
    Array.from({ length: 10_000 }, (_, index) => [
      `${deviceKey(1)}.${index.toString(16).padStart(16, "0")}`,
      1,
    ]),
  );
  const tooManyLogs = new Map(Array.from({ length: 65_537 }, (_, index) => [`main/A${index}`, new Map()]));

  const good: readonly (readonly [name: string, op: Op, log: string])[] = [
    ["4,096 superseded", nameOp("Acme.a", "fn t1", ids.slice(1)), "main/Acme"],
    ["a long location", nameOp(longest, "fn t1"), "main/Acme"],
    ["a long location of long characters", nameOp(`Acme.${"€".repeat(1019)}`, "nothing"), "main/Acme"],
    ["a long message of long characters", deprecate("€".repeat(1365)), "main/Acme"],
    ["an empty message", deprecate(""), "main/Acme"],
    ["20 units of choice", resolve({ choice: "€".repeat(20), rule: "🙂".repeat(10) }), "main/Acme"],
    ["a member of 64 letters", member("𝒳".repeat(64)), "auth"],
    ["a member with all that is allowed", member("O'Neil-Smith 3. _a"), "auth"],
    ["an owner of 64 letters", owner(`Ö${"𝒳".repeat(63)}`), "auth"],
    ["a branch of main", { type: "CreateBranch", parent: null }, branchLog],
    ["a branch of a branch", { type: "CreateBranch", parent }, branchLog],
    ["a branch's name of 64 letters", branchName("𝒳".repeat(64)), branchLog],
    ["a branch's name with all that is allowed", branchName("2/é._-A//"), branchLog],
    ["a branch's name of 31 hex digits", branchName("0b".repeat(16).slice(1)), branchLog],
    ["a branch's name that begins with main", branchName("main-2"), branchLog],
    ["a base of main", base("main/Acme"), branchLog],
    ["a base of a parent", base(`branch/${parent}`, stream, Number.MAX_SAFE_INTEGER), branchLog],
    ["a base of nothing", { type: "SetBase", logs: new Map(), supersedes: [] }, branchLog],
    ["a merge into main", merged({ request: "€".repeat(64) }), "main/Acme"],
    ["a merge into another branch", merged({ vector: new Map() }), branchLog],
    ["a merge of 10,000 streams", merged({ vector: manyStreams }), "main/Acme"],
    ["a share with a member of 64 letters", share("𝒳".repeat(64)), branchLog],
    [
      "a conflict accepted on a branch",
      { type: "Accept", conflict: deviceKey(1), supersedes: [] },
      branchLog,
    ],
    ["a conflict reopened on main", { type: "Reopen", conflict: deviceKey(1), supersedes: [] }, "main/Acme"],
  ];
  test.each(good)("C1.9 %s: made, and read back", (_, op, log) => {
    expect(isValid(op, log)).toBe(true);
  });

  const bad: readonly (readonly [name: string, op: Op, log: string])[] = [
    ["4,097 superseded", nameOp("Acme.a", "fn t1", ids), "main/Acme"],
    ["an op id without index", nameOp("Acme.a", "fn t1", [deviceKey(1)]), "main/Acme"],
    ["an op id with a padded index", nameOp("Acme.a", "fn t1", [`${deviceKey(1)}/01`]), "main/Acme"],
    ["an op id beyond 2^53", nameOp("Acme.a", "fn t1", [`${deviceKey(1)}/9007199254740993`]), "main/Acme"],
    ["an op id in capitals", nameOp("Acme.a", "fn t1", [`${"AB".repeat(32)}/0`]), "main/Acme"],
    ["a message too long", deprecate("a".repeat(1366)), "main/Acme"],
    ["21 units of choice", resolve({ choice: "a".repeat(21) }), "main/Acme"],
    ["21 units of rule", resolve({ rule: "a".repeat(21) }), "main/Acme"],
    ["a conflict id cut short", resolve({ conflict: deviceKey(1).slice(2) }), "main/Acme"],
    ["a member of 65 letters", member("a".repeat(65)), "auth"],
    ["a member with a line break", member("a\nb"), "auth"],
    ["a member that begins with a space", member(" a"), "auth"],
    ["an owner with a dot", owner("Acme.B"), "auth"],
    ["an owner of 65 letters", owner("A".repeat(65)), "auth"],
    ["a branch that is its own parent", { type: "CreateBranch", parent: branch }, branchLog],
    ["a parent in capitals", { type: "CreateBranch", parent: "AB".repeat(16) }, branchLog],
    ["a parent cut short", { type: "CreateBranch", parent: parent.slice(2) }, branchLog],
    ["a branch in the log of main", { type: "CreateBranch", parent: null }, "main/Acme"],
    ["a branch in a log that no id names", { type: "CreateBranch", parent: null }, "branch/1"],
    ["a name in a branch that no id names", nameOp("Acme.a", "fn t1"), "branch/1"],
    ["a branch without name", branchName(""), branchLog],
    ["a branch's name of 65 letters", branchName("a".repeat(65)), branchLog],
    ["a branch's name that begins with a dot", branchName(".a"), branchLog],
    ["a branch's name with a space", branchName("a b"), branchLog],
    ["a branch called main", branchName("main"), branchLog],
    ["a branch called like an id", branchName("0B".repeat(16)), branchLog],
    ["a base of the branch itself", base(branchLog), branchLog],
    ["a base of auth", base("auth"), branchLog],
    ["a base of requests", base("requests/Acme"), branchLog],
    ["a base of no owner", base("main/"), branchLog],
    ["a base of no branch", base("branch/1"), branchLog],
    ["a base of a log with a long name", base(`main/${"A".repeat(166)}`), branchLog],
    ["a base of a stream that is none", base("main/Acme", deviceKey(1)), branchLog],
    ["a base up to block 0", base("main/Acme", stream, 0), branchLog],
    ["a base up to half a block", base("main/Acme", stream, 1.5), branchLog],
    ["a base of 65,537 logs", { type: "SetBase", logs: tooManyLogs, supersedes: [] }, branchLog],
    [
      "a base that supersedes what is no op",
      { type: "SetBase", logs: new Map(), supersedes: ["1"] },
      branchLog,
    ],
    ["a merge of a branch into itself", merged({ branch }), branchLog],
    ["a merge of no branch", merged({ branch: "1" }), "main/Acme"],
    ["a merge up to block -1", merged({ vector: new Map([[stream, -1]]) }), "main/Acme"],
    ["a merge for a request of 65 units", merged({ request: "a".repeat(65) }), "main/Acme"],
    ["a merge for half a character", merged({ request: "\ud800" }), "main/Acme"],
    ["a share with nobody", share(""), branchLog],
    ["a share with a line break", share("a\nb"), branchLog],
    ["an accepted conflict cut short", { type: "Accept", conflict: "12", supersedes: [] }, "main/Acme"],
    ["a reopened conflict cut short", { type: "Reopen", conflict: "12", supersedes: [] }, "main/Acme"],
    ["a conflict accepted in auth", { type: "Accept", conflict: deviceKey(1), supersedes: [] }, "auth"],
  ];
  test.each(bad)("C1.9 %s: refused", (_, op, log) => {
    expect(isValid(op, log)).toBe(false);
  });
});
