import { expect, test } from "vitest";
import { ReadingTurns } from "../src/relay/reading-turns.js";

test("R84 between two batches others have their turn, and readers take turns in the order they came", async () => {
  const due: (() => void)[] = [];
  const turns = new ReadingTurns((callback) => due.push(callback));
  const made: string[] = [];
  const read = async (name: string) => {
    for (let batch = 1; batch <= 2; batch += 1) {
      await turns.take();
      made.push(`${name}${batch}`);
    }
  };
  const reading = [read("a"), read("b"), read("c")];
  const seen: string[][] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(made.splice(0));
    due.shift()?.();
  }
  await Promise.all(reading);
  expect(seen).toEqual([["a1"], ["b1"], ["c1"], ["a2"], ["b2"], ["c2"], []]);
  expect(due).toEqual([]);
  await turns.take();
});
