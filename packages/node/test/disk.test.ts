import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepReserve, releaseReserve } from "../src/disk-room.js";
import { makeFolder } from "../src/make-folder.js";
import { replaceFile } from "../src/replace-file.js";
import { isSyncLocked, takeSyncLock } from "../src/sync-lock.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();

test("S9: a reserve takes up real room until it is given up, once", () => {
  const path = join(folder(), "reserve");
  keepReserve(path);
  const { size, blocks } = statSync(path);
  expect(size).toBeGreaterThanOrEqual(300_000);
  expect(blocks * 512).toBeGreaterThanOrEqual(size);
  keepReserve(path);
  expect(statSync(path).size).toBe(size);
  expect([releaseReserve(path), releaseReserve(path)]).toEqual([true, false]);
});

test("a file is replaced whole or not at all", () => {
  const path = join(folder(), "file");
  replaceFile(path, "good", { mode: 0o600, isFlushed: true });
  expect(() => replaceFile(path, { length: 3 } as never, { mode: 0o600, isFlushed: false })).toThrow();
  expect(readFileSync(path, "utf8")).toBe("good");
  replaceFile(path, "better", { mode: 0o600, isFlushed: false });
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["better", 0o600]);
  expect(readdirSync(folder())).toEqual(["file"]);
});

test("folders are made with those above them, also twice; where none can be made that is said at once", () => {
  const deep = join(folder(), "a", "b", "c");
  makeFolder(deep);
  makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
  writeFileSync(join(folder(), "file"), "");
  expect(() => makeFolder(join(folder(), "file", "a"))).toThrow("ENOTDIR");
  if (existsSync("/proc/self")) expect(() => makeFolder("/proc/x/y")).toThrow("ENOENT");
});

test("a lock whose file rotted can be taken, and looking makes no file", () => {
  const path = join(folder(), "lock");
  expect(isSyncLocked(path)).toBe(false);
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, "not a database at all ".repeat(100));
  expect(isSyncLocked(path)).toBe(false);
  const lock = takeSyncLock(path);
  expect(lock).not.toBeNull();
  expect(isSyncLocked(path)).toBe(true);
  lock?.release();
  truncateSync(path, 0);
  expect(isSyncLocked(path)).toBe(false);
});
