import { expect, test } from "vitest";
import { terminalText } from "../src/terminal-text.js";

test("of the control characters only line breaks, tabs and colours reach a terminal", () => {
  expect(terminalText("a\tb\r\nc\n\u001b[1;31mred\u001b[0m é")).toBe("a\tb\r\nc\n\u001b[1;31mred\u001b[0m é");
  expect(terminalText("\u001b]0;title\u0007\u001b[2J\rover\u0000\u009b2J")).toBe(
    "\ufffd]0;title\ufffd\ufffd[2J\ufffdover\ufffd\ufffd2J",
  );
});
