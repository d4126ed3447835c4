import { expect, test } from "vitest";
import { branchLog, branchOfLog } from "../src/branch.js";
import { branchedKey } from "../src/register.js";
import { isLogName } from "../src/vector.js";

const id = "0123456789abcdef".repeat(2);

test("C1.9 a branch and its log name each other", () => {
  expect(isLogName(branchLog(id))).toBe(true);
  expect(branchOfLog(branchLog(id))).toBe(id);
  for (const log of [
    "auth",
    `main/${id}`,
    "branch/",
    "branch/1",
    `branch/${id}0`,
    `branch/${id.toUpperCase()}`,
    id,
  ])
    expect(branchOfLog(log)).toBeNull();
});

test("O1.17 no key of a branch begins like those of another", () => {
  const other = "f".repeat(32);
  expect(branchedKey(id, "Acme.a").startsWith(branchedKey(id, ""))).toBe(true);
  expect(branchedKey(id, "Acme.a").startsWith(branchedKey(other, ""))).toBe(false);
});
