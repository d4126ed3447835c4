import { expect, test } from "vitest";
import { terminalText } from "../src/terminal-text.js";

test("of the control characters only line breaks, tabs and our own colours reach a terminal", () => {
  const ours = "a\tb\r\nc\n\u001b[1m\u001b[31mred\u001b[39m\u001b[22m é";
  expect(terminalText(ours)).toBe(ours);
  expect(terminalText("\u001b[8mhidden\u001b[1;31;7m")).toBe("\ufffd[8mhidden\ufffd[1;31;7m");
  expect(terminalText("\u001b]0;title\u0007\u001b[2J\rover\u0000\u009b2J")).toBe(
    "\ufffd]0;title\ufffd\ufffd[2J\ufffdover\ufffd\ufffd2J",
  );
});

test("what turns the direction of a text is shown, and does not turn it", () => {
  expect(terminalText("if a \u202e\u2066// b\u2069 \u2066c")).toBe("if a \ufffd\ufffd// b\ufffd \ufffdc");
  const rightToLeft = "\u05e9\u05dc\u05d5\u05dd\u200f \u200ba\u200db";
  expect(terminalText(rightToLeft)).toBe(rightToLeft);
});
