import { PassThrough } from "node:stream";
import { select } from "@clack/prompts";
import { expect, test } from "vitest";
import { listenForLetters } from "../src/step-letters.js";

/** What a list gives after these keys. */
async function chosen(keys: readonly string[]): Promise<unknown> {
  const input = new PassThrough();
  const output = new PassThrough();
  output.resume();
  const lines = ["m", "t", null, "s"];
  const stop = listenForLetters(input, lines);
  const answer = select({ message: "?", options: lines.map((_, value) => ({ value })), input, output });
  for (const key of keys) input.write(key);
  const value = await answer;
  stop();
  expect(input.listenerCount("keypress")).toBe(0);
  return value;
}

const [down, up, enter] = ["\u001b[B", "\u001b[A", "\r"];

test("a letter goes to its line, from wherever the cursor is, and Enter takes it", async () => {
  expect(await chosen(["s", enter])).toBe(3);
  expect(await chosen(["s", "t", enter])).toBe(1);
  expect(await chosen([down, down, "t", enter])).toBe(1);
  expect(await chosen([up, "m", enter])).toBe(0);
  expect(await chosen(["j", "k", "k", "t", down, enter])).toBe(2);
});

test("a letter takes nothing by itself, and one that no line has does nothing", async () => {
  expect(await chosen(["s", "m", "x", "2", enter])).toBe(0);
});

test("Ctrl with a letter is no letter", async () => {
  expect(await chosen(["\u0013", enter])).toBe(0);
  expect(typeof (await chosen(["\u0003"]))).toBe("symbol");
});
