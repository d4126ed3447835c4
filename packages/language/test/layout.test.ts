import type { DefinitionText } from "@darksync/core/definition";
import type { Skeleton } from "@darksync/core/language";
import { nameOf } from "@darksync/core/location";
import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";

const one: DefinitionText = { kind: "value", head: "/// new\nval ", tail: " =\n  1" };

/** Prints a file with some of its definitions left out and new ones put in. */
function print(skeleton: Skeleton, text: string, without: readonly string[] = []): string {
  const old = new Map(darklang.splitFile(text).definitions.map((found) => [found.location, found]));
  return darklang.printFile(skeleton, (location) =>
    without.includes(location) ? null : (old.get(location) ?? { name: nameOf(location), text: one }),
  );
}

function add(text: string, ...locations: string[]): string {
  return print(darklang.addSlots(darklang.splitFile(text).skeleton, locations), text);
}

describe("D23 dropping definitions", () => {
  const text = "module A.B\n\n\n// about c\nval c = 1\n\n\nval d = 1\n\nmodule E =\n\n  val f = 1";
  const { skeleton } = darklang.splitFile(text);

  test.each([
    ["the first", ["A.B.c"], "module A.B\n\n\n// about c\n\n\nval d = 1\n\nmodule E =\n\n  val f = 1"],
    ["one between", ["A.B.d"], "module A.B\n\n\n// about c\nval c = 1\n\nmodule E =\n\n  val f = 1"],
    ["the last", ["A.B.E.f"], "module A.B\n\n\n// about c\nval c = 1\n\n\nval d = 1\n\nmodule E =\n"],
    ["all", ["A.B.c", "A.B.d", "A.B.E.f"], "module A.B\n\n\n// about c\n\nmodule E =\n"],
  ])("%s", (_, without, printed) => {
    expect(print(skeleton, text, without)).toBe(printed);
  });

  test("a comment before a dropped definition does not become documentation", () => {
    const stray = "module A.B\n/// about nothing\n\nval c = 1\nval d = 1\n";
    const split = darklang.splitFile(stray);
    expect(print(split.skeleton, stray, ["A.B.c"])).toBe("module A.B\n/// about nothing\n\nval d = 1\n");
  });

  test("all in a row, and CRLF", () => {
    const crlf = "module A.B\r\n\r\nval c = 1\r\n\r\nval d = 1\r\n\r\nval e = 1\r\n";
    const split = darklang.splitFile(crlf);
    expect(print(split.skeleton, crlf, ["A.B.c", "A.B.d", "A.B.e"])).toBe("module A.B\r\n");
    expect(print(split.skeleton, crlf, ["A.B.c", "A.B.d"])).toBe("module A.B\r\n\r\nval e = 1\r\n");
  });
});

test("D18 a definition that moved within its module is printed under its new name", () => {
  const { skeleton, definitions } = darklang.splitFile("module A =\n  let ``mod`` () = ``mod`` ()\n");
  const found = definitions[0];
  if (found === undefined) throw new Error("nothing was found");
  const printed = darklang.printFile(skeleton, () => ({ name: "rest", text: found.text }));
  expect(printed).toBe("module A =\n  let ``rest`` () = ``mod`` ()\n");
});

describe("D24 adding slots", () => {
  test("under the head, after a blank line", () => {
    expect(add("module A.B\n\nval c = 1\n", "A.B.d")).toBe(
      "module A.B\n\nval c = 1\n\n/// new\nval d =\n  1\n",
    );
  });

  test("without a line break at the end, and with CRLF", () => {
    expect(add("module A.B\r\n\r\nval c = 1", "A.B.d", "A.B.e")).toBe(
      "module A.B\r\n\r\nval c = 1\r\n\r\n/// new\nval d =\n  1\r\n\r\n/// new\nval e =\n  1\r\n",
    );
  });

  test("behind a nested module, back under the head", () => {
    expect(add("module A.B\nmodule C =\n  val d = 1\n", "A.B.e")).toBe(
      "module A.B\nmodule C =\n  val d = 1\n\n/// new\nval e =\n  1\n",
    );
  });

  test("in a module that is open, at the column of its body", () => {
    expect(add("module A.B\nmodule C =\n    val d = 1\n\n", "A.B.C.e")).toBe(
      "module A.B\nmodule C =\n    val d = 1\n\n    /// new\n    val e =\n      1\n",
    );
  });

  test("in a module that is not open, which is opened once", () => {
    expect(add("module A.B\n", "A.B.C.D.e", "A.B.C.D.f")).toBe(
      "module A.B\n\nmodule C.D =\n  /// new\n  val e =\n    1\n\n  /// new\n  val f =\n    1\n",
    );
    expect(add("module A =\n  val b = 1\n", "A.C.d")).toBe(
      "module A =\n  val b = 1\n\nmodule A.C =\n  /// new\n  val d =\n    1\n",
    );
  });

  test("in a module that a slot before ended", () => {
    expect(add("module A.B\nmodule C =\n  val d = 1\n", "A.B.e", "A.B.C.f")).toBe(
      "module A.B\nmodule C =\n  val d = 1\n\n/// new\nval e =\n  1\n\nmodule C =\n  /// new\n  val f =\n    1\n",
    );
  });

  test("none changes nothing", () => {
    expect(add("module A.B")).toBe("module A.B");
  });

  test("a file of one module cannot hold a definition of another", () => {
    expect(() => add("module A.B\n", "A.C.d")).toThrow("cannot hold a definition of module A.C");
  });

  test("a new file", () => {
    const skeleton = darklang.newFile("A.B", ["A.B.c", "A.B.d"]);
    expect(darklang.printFile(skeleton, (location) => ({ name: nameOf(location), text: one }))).toBe(
      "module A.B\n\n/// new\nval c =\n  1\n\n/// new\nval d =\n  1\n",
    );
    expect(darklang.moduleOfFile(skeleton)).toBe("A.B");
  });
});

describe("D25 the module of a file", () => {
  test.each([
    ["module A.B\nmodule C =\n  val d = 1", "A.B"],
    ["// module X.Y\n\nmodule A.``B``\n", "A.B"],
    ["module A =\n  module B =\n    val c = 1\n  val d = 1", "A.B"],
    ["module A =\n  module B =\n", "A.B"],
    ["// nothing", null],
    ["", null],
  ])("of %j", (text, module) => {
    expect(darklang.moduleOfFile(darklang.splitFile(text).skeleton)).toBe(module);
  });
});
