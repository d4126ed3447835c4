import { expect } from "vitest";
import { type Admission, type AdmissionPorts, admitRuns } from "../../src/admission.js";
import type { Run } from "../../src/update.js";
import { compression, countingVerify, sha256 } from "./ports.js";
import { type Author, Holder, log } from "./streams.js";

/** What admission needs. */
export const ports: AdmissionPorts = { hash: sha256, verify: countingVerify().verify, compression };

/** Admits runs to the log of these tests. */
export function admit(holder: Holder, ...runs: readonly Run[]): Promise<Admission> {
  return admitRuns(ports, log, holder, runs);
}

/** A holder that has all blocks of these authors. */
export async function holding(...authors: readonly Author[]): Promise<Holder> {
  const holder = new Holder();
  const { admitted, refused } = await admit(holder, ...authors.map((author) => author.run()));
  expect(refused).toEqual([]);
  holder.store(admitted);
  return holder;
}

/** Which blocks were admitted, and the codes of what was refused, of one stream. */
export function outcome({ admitted, refused }: Admission): {
  readonly admitted: readonly number[];
  readonly refused: readonly [number, string][];
} {
  return {
    admitted: admitted.map(({ header }) => header.seq),
    refused: refused.map(({ seq, problem }) => [seq, problem.code]),
  };
}

/** Expects the last of an author's blocks to be refused, and those before it to be admitted. */
export async function expectLastRefused(
  author: Author,
  code: string,
  holder: Holder = new Holder(),
): Promise<void> {
  const count = author.blocks.length;
  const held = holder.stream(author.stream).seq;
  expect(outcome(await admit(holder, author.run(held + 1)))).toEqual({
    admitted: Array.from({ length: count - 1 - held }, (_, index) => held + 1 + index),
    refused: [[count, code]],
  });
}
