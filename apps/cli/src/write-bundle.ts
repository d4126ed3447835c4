import { join } from "node:path";
import { fileTime } from "@darksync/node/file-time";
import { makeFolder } from "@darksync/node/make-folder";
import { replaceFile } from "@darksync/node/replace-file";
import { bundleOf } from "@darksync/runtime/replica/drop";
import type { ChangeRecord } from "@darksync/runtime/store/change-store";
import type { Space } from "./space.js";

/** Writes unsigned changes to a new file that only this user can read, so that dropping them can be undone; returns its path. */
export function writeChangeBundle({ replica, paths }: Space, records: readonly ChangeRecord[]): string {
  const folder = join(paths.dir, "dropped");
  makeFolder(folder, 0o700);
  const path = join(folder, `${fileTime()}.changes`);
  replaceFile(path, bundleOf(replica, records), { mode: 0o600, isFlushed: true });
  return path;
}
