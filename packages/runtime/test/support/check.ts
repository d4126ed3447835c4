import type { Problem } from "@darksync/core/result";
import { expect } from "vitest";
import { checkBlocks } from "../../src/read/check-blocks.js";
import { checkChanges } from "../../src/read/check-changes.js";
import { checkQueue } from "../../src/read/check-queue.js";
import { checkSeen } from "../../src/read/check-seen.js";
import type { Replica } from "../../src/replica/replica.js";

/** All that a check of a replica finds. */
export async function problemsOf(replica: Replica): Promise<readonly Problem[]> {
  const { store } = replica;
  return [
    ...(await checkBlocks(replica)),
    ...store.read((tables) => [
      ...checkChanges(replica, tables),
      ...checkSeen(tables),
      ...checkQueue(tables),
    ]),
  ];
}

export async function expectSound(replica: Replica): Promise<void> {
  expect(await problemsOf(replica)).toEqual([]);
}
