import type { Coverage } from "@darksync/core/coverage";
import {
  type Assignment,
  branchedKey,
  type Register,
  type RegisterType,
  type RegisterValues,
  registerTypes,
} from "@darksync/core/register";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { expect, test } from "vitest";
import { assigns, binds, change, id, nameOf, streamOf } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

const nothing = { type: "nothing", movedTo: null } as const;

type Samples = { readonly [Type in RegisterType]: readonly (readonly [key: string, RegisterValues[Type]])[] };

const branches = ["01", "02"].map((digits) => digits.repeat(16)) as [string, string];
const skeleton = ["// top\n", { location: "Acme.a", column: 0 }, "", { location: "Acme.b", column: 4 }];
const names: Samples["name"] = [
  ["Acme.a", binds(5, "Acme.before")],
  ["Acme.b", { type: "nothing", movedTo: "Acme.ü" }],
];
const deprecations: Samples["deprecation"] = [
  ["Acme.a", { message: "use b — «now»" }],
  ["Acme.b", null],
];
const files: Samples["file"] = [["a/b.dark", { skeleton }]];
const nowhere: Coverage = { device: id(7), time: { wallMs: 0, counter: 0 }, logs: new Map() };
const somewhere: Coverage = {
  device: id(8),
  time: { wallMs: 1_750_000_000_123, counter: 65_535 },
  logs: new Map([
    ["main/Acme", new Map([[streamOf(1), 3]])],
    [
      `branch/${branches[1]}`,
      new Map([
        [streamOf(2), 2 ** 40],
        [streamOf(1), 1],
      ]),
    ],
    ["main/Beta", new Map()],
  ]),
};

function onBranch<Value>(
  values: readonly (readonly [key: string, Value])[],
): readonly (readonly [string, Value])[] {
  return values.map(([key, value]) => [branchedKey(branches[0], key), value]);
}

/** Keys in order, each with a value to keep. */
const samples: Samples = {
  name: names,
  deprecation: deprecations,
  file: files,
  device: [[id(7), { member: "Ann" }]],
  namespace: [["Acme", { createdBy: id(7) }]],
  acceptance: [
    [id(1), { isAccepted: true }],
    [id(2), { isAccepted: false }],
  ],
  branch: [
    [branches[0], { createdBy: id(7), parent: null }],
    [branches[1], { createdBy: id(8), parent: branches[0] }],
  ],
  branchName: [[branches[0], { name: "fix/ü" }]],
  branchBase: [
    [branches[0], nowhere],
    [branches[1], somewhere],
  ],
  branchArchived: [
    [branches[0], { isArchived: true }],
    [branches[1], { isArchived: false }],
  ],
  branchShare: [
    [branchedKey(branches[0], "Ann"), { access: "write" }],
    [branchedKey(branches[0], "Bob"), { access: "read" }],
    [branchedKey(branches[1], "Bob"), { access: "none" }],
  ],
  merge: [[branches[0], { into: "main/Acme", coverage: somewhere }]],
  branchedName: onBranch(names),
  branchedDeprecation: onBranch(deprecations),
  branchedFile: onBranch(files),
};

/** Adds the change and the assignment of its op 0, which becomes the only head. */
function assign<Type extends RegisterType>(
  { changes, packages }: ReplicaTables,
  number: number,
  register: Register<Type>,
  value: Assignment<Type>["value"],
): void {
  changes.add(change(number));
  const assignment: Assignment<Type> = { id: `${id(number)}/0`, value, supersedes: [] };
  packages.addAssignment(register, assignment);
  packages.setHeads(register, [assignment]);
}

/** The same for a name, with what it shows. */
function bind(tables: ReplicaTables, number: number, key: string, hash: number | null): Assignment<"name"> {
  const shown = assigns(number, hash === null ? nothing : binds(hash));
  assign(tables, number, nameOf(key), shown.value);
  tables.packages.setNameView(key, { shown, conflict: null, isMerged: false, isLinked: false });
  return shown;
}

describeStores("PackageStore", ({ write, read, reopen }) => {
  test.each(Object.entries(samples) as [RegisterType, Samples[RegisterType]][])(
    "keeps values of the type of register %s",
    async (type, values) => {
      await write((tables) => {
        for (const [index, [key, value]] of values.entries()) assign(tables, index + 1, { type, key }, value);
      });
      const expected = values.map(([key, value], index) => ({
        key,
        heads: [{ ...assigns(index + 1, nothing), value }],
      }));
      for (const isReopened of [false, true]) {
        if (isReopened) reopen();
        read(({ packages }) => {
          expect(packages.registers(type)).toEqual(expected);
          for (const [index, [key, value]] of values.entries())
            expect(packages.assignment({ type, key }, `${id(index + 1)}/0`)?.value).toEqual(value);
          for (const other of registerTypes)
            if (other !== type) expect(packages.registers(other)).toEqual([]);
        });
      }
    },
  );

  test("lists the registers whose keys begin with a prefix, in order of code units", async () => {
    const keys = [
      "",
      "A",
      "Acme",
      "Acme ",
      "Acme a",
      "Acme 🦀",
      "Acme \uffff",
      "Acme!",
      "Acmf",
      "B",
      "\ud7ffx",
      "\ue000",
    ];
    await write((tables) => {
      for (const [index, key] of keys.entries())
        assign(tables, index + 1, { type: "branchName", key }, { name: `n${index}` });
      assign(tables, 99, { type: "namespace", key: "Acme x" }, { createdBy: id(7) });
    });
    read(({ packages }) => {
      for (const prefix of [...keys, "Acme 🦀🦀", "\ud7ff", "\u{10ffff}", "Acme \u{10ffff}", "Z"])
        expect(packages.registers("branchName", prefix).map(({ key }) => key)).toEqual(
          keys.filter((key) => key.startsWith(prefix)).sort(),
        );
      expect(packages.registers("branchName").map(({ key }) => key)).toEqual([...keys].sort());
    });
  });

  test("keeps heads and assignments, superseded ones and those of ops it does not know", async () => {
    const first = assigns(1, binds(1));
    const second = assigns(2, binds(2), [first.id, `${id(99)}/8191`]);
    const third = assigns(3, binds(3), [first.id]);
    const register = nameOf("Acme.a");
    await write(({ changes, packages }) => {
      for (const number of [1, 2, 3]) changes.add(change(number));
      expect(packages.heads(register)).toEqual([]);
      for (const each of [first, second, third]) packages.addAssignment(register, each);
      packages.setHeads(register, [third, second]);
      packages.setNameView("Acme.a", {
        shown: second,
        conflict: { id: id(50), kind: "edit-edit" },
        isMerged: false,
        isLinked: false,
      });
      expect(packages.heads(register)).toHaveLength(2);
    });
    reopen();
    read(({ packages }) => {
      expect(new Set(packages.heads(register))).toEqual(new Set([second, third]));
      expect(packages.assignment(register, first.id)).toEqual(first);
      expect(packages.assignment(register, second.id)).toEqual(second);
      expect(packages.assignment(register, `${id(99)}/8191`)).toBeNull();
      expect(packages.assignment(register, `${id(1)}/1`)).toBeNull();
      expect(packages.assignment(nameOf("Acme.b"), first.id)).toBeNull();
      expect(packages.assignment({ type: "deprecation", key: "Acme.a" }, first.id)).toBeNull();
      expect(packages.nameRow("Acme.a")).toEqual({
        location: "Acme.a",
        isMerged: false,
        shown: second,
        conflict: { id: id(50), kind: "edit-edit" },
      });
    });
    await write(({ packages }) => {
      packages.setHeads(register, [third]);
      packages.setNameView("Acme.a", { shown: third, conflict: null, isMerged: false, isLinked: false });
    });
    read(({ packages }) => {
      expect(packages.heads(register)).toEqual([third]);
      expect(packages.nameRow("Acme.a")).toEqual({
        location: "Acme.a",
        shown: third,
        isMerged: false,
        conflict: null,
      });
      expect(packages.countConflicts()).toBe(0);
    });
  });

  test("tells the ops of one change apart", async () => {
    await write(({ changes, packages }) => {
      changes.add(change(1));
      for (const [index, key] of ["Acme.a", "Acme.b"].entries()) {
        const assignment = { id: `${id(1)}/${index * 8191}`, value: binds(index), supersedes: [] };
        packages.addAssignment(nameOf(key), assignment);
        packages.setHeads(nameOf(key), [assignment]);
      }
    });
    expect(read(({ packages }) => packages.heads(nameOf("Acme.b"))[0]?.id)).toBe(`${id(1)}/8191`);
    await write(({ changes, packages }) => {
      changes.add(change(2));
      const other = assigns(2, binds(2));
      packages.addAssignment(nameOf("Acme.b"), other);
      packages.setHeads(nameOf("Acme.b"), [...packages.heads(nameOf("Acme.b")), other]);
      expect(packages.heads(nameOf("Acme.b")).map((head) => head.id)).toEqual([`${id(1)}/8191`, other.id]);
    });
  });

  test("refuses an assignment of a change that was not added, and heads of nothing", async () => {
    const write1 = write(({ packages }) => packages.addAssignment(nameOf("Acme.a"), assigns(1, binds(1))));
    await expect(write1).rejects.toThrow("was not added");
    const view = { shown: null, conflict: null, isMerged: false, isLinked: false };
    await expect(write(({ packages }) => packages.setNameView("Acme.a", view))).rejects.toThrow("nothing");
  });

  test("forgets what is ahead when it is taken", async () => {
    const register = nameOf("Acme.a");
    await write(({ packages }) => {
      expect(packages.takeAhead(register, `${id(1)}/0`)).toBe(false);
      packages.addAhead(register, `${id(1)}/0`);
      packages.addAhead(register, `${id(1)}/0`);
      packages.addAhead(register, `${id(2)}/0`);
    });
    reopen();
    await write(({ packages }) => {
      expect(packages.takeAhead(nameOf("Acme.b"), `${id(1)}/0`)).toBe(false);
      expect(packages.takeAhead({ type: "deprecation", key: "Acme.a" }, `${id(1)}/0`)).toBe(false);
      expect(packages.takeAhead(register, `${id(1)}/0`)).toBe(true);
      expect(packages.takeAhead(register, `${id(1)}/0`)).toBe(false);
      expect(packages.takeAhead(register, `${id(2)}/0`)).toBe(true);
    });
  });

  test("keeps the first text of a hash", async () => {
    const text = { kind: "type", head: "type ", tail: " = Int64\n  // ¼ 🦀" } as const;
    await write(({ packages }) => {
      packages.putText(id(1), text, null);
      packages.putText(id(1), { ...text, tail: "other" }, null);
    });
    reopen();
    expect(read(({ packages }) => packages.text(id(1)))).toEqual(text);
    expect(read(({ packages }) => packages.text(id(2)))).toBeNull();
  });

  test("lists names by prefix, in order, in pages, without those that hold nothing", async () => {
    const keys = [
      "Acme.M.b",
      "Acme.M",
      "Acme.M-x.a",
      "Acme.M0.a",
      "Acme.M.a",
      "Beta.a",
      "Acme.M.gone",
      "Acme.a",
    ];
    await write((tables) => {
      for (const [index, key] of keys.entries()) {
        bind(tables, index + 1, key, key.endsWith("gone") ? null : index);
      }
    });
    read(({ packages }) => {
      const listed = (prefix: string, limit: number, after?: string) =>
        packages.names(prefix, limit, after).map((row) => row.location);
      expect(listed("", 99)).toEqual(keys.filter((key) => !key.endsWith("gone")).sort());
      expect(listed("Acme.M", 99)).toEqual(["Acme.M", "Acme.M.a", "Acme.M.b"]);
      expect(listed("Acme.M", 2)).toEqual(["Acme.M", "Acme.M.a"]);
      expect(listed("Acme.M", 9, "Acme.M.a")).toEqual(["Acme.M.b"]);
      expect(listed("Acme", 1, "Acme.M.b")).toEqual(["Acme.M0.a"]);
      expect(listed("Acm", 99)).toEqual([]);
      expect(packages.nameRow("Acme.M.gone")?.shown?.value).toEqual(nothing);
      expect(packages.nameRow("Acme.never")).toBeNull();
    });
  });

  test("counts a conflict that is at several places once", async () => {
    await write((tables) => {
      const conflict = { id: id(60), kind: "move-move" } as const;
      for (const [number, place] of ["Acme.b", "Acme.c"].entries()) {
        const shown = bind(tables, number + 1, place, 2);
        tables.packages.setNameView(place, { shown, conflict, isMerged: false, isLinked: true });
      }
    });
    read(({ packages }) => {
      expect(packages.conflicts()).toHaveLength(2);
      expect(packages.countConflicts()).toBe(1);
    });
  });

  test("lists conflicts, also of names that show nothing", async () => {
    await write((tables) => {
      const shown = bind(tables, 1, "Acme.b", null);
      bind(tables, 2, "Acme.c", 2);
      const kinds = ["edit-delete", "kind-changed"] as const;
      tables.packages.setNameView("Acme.b", {
        shown,
        conflict: { id: id(60), kind: kinds[0] },
        isMerged: false,
        isLinked: false,
      });
      const other = bind(tables, 3, "Acme.a", 3);
      tables.packages.setNameView("Acme.a", {
        shown: other,
        conflict: { id: id(61), kind: kinds[1] },
        isMerged: false,
        isLinked: false,
      });
    });
    read(({ packages }) => {
      expect(packages.countConflicts()).toBe(2);
      expect(packages.conflicts().map((row) => [row.location, row.conflict?.kind])).toEqual([
        ["Acme.a", "kind-changed"],
        ["Acme.b", "edit-delete"],
      ]);
      expect(packages.names("", 9).map((row) => row.location)).toEqual(["Acme.a", "Acme.b", "Acme.c"]);
    });
  });

  test("searches names and shown texts, letter case aside", async () => {
    await write((tables) => {
      bind(tables, 1, "Acme.Money.charge", 1);
      bind(tables, 2, "Acme.Money.refund", 2);
      bind(tables, 3, "Acme.Ä.``odd.name``", 3);
      bind(tables, 4, "Acme.gone", null);
      bind(tables, 5, "Acme.untexted", 5);
      tables.packages.putText(
        id(1),
        { kind: "fn", head: "let ", tail: " (x: Int64) = Ledger.book x 100%" },
        null,
      );
      tables.packages.putText(id(2), { kind: "fn", head: "let ", tail: " (x: Int64) = Ledger.undo x" }, null);
      tables.packages.putText(id(3), { kind: "fn", head: "let ", tail: " = 1" }, null);
    });
    read(({ packages }) => {
      expect(packages.search("ledger.", 9)).toEqual(["Acme.Money.charge", "Acme.Money.refund"]);
      expect(packages.search("LEDGER.B", 9)).toEqual(["Acme.Money.charge"]);
      expect(packages.search("let REFUND (x", 9)).toEqual(["Acme.Money.refund"]);
      expect(packages.search("let ``odd.name`` = 1", 9)).toEqual(["Acme.Ä.``odd.name``"]);
      expect(packages.search("money", 1)).toEqual(["Acme.Money.charge"]);
      expect(packages.search("%", 9)).toEqual(["Acme.Money.charge"]);
      expect(packages.search("ä", 9)).toEqual([]);
      expect(packages.search("gone", 9)).toEqual([]);
      expect(packages.search("UNTEXT", 9)).toEqual(["Acme.untexted"]);
    });
  });

  test("clears all that the fold made, and nothing else", async () => {
    await write((tables) => {
      bind(tables, 1, "Acme.a", 1);
      tables.packages.putText(id(1), { kind: "fn", head: "let ", tail: " = 1" }, null);
      tables.packages.addAhead(nameOf("Acme.a"), `${id(9)}/0`);
      tables.meta.set("clock", "1");
      tables.packages.clear();
      expect(tables.packages.heads(nameOf("Acme.a"))).toEqual([]);
      expect(tables.packages.takeAhead(nameOf("Acme.a"), `${id(9)}/0`)).toBe(false);
    });
    read(({ packages, changes, meta }) => {
      expect(packages.registers("name")).toEqual([]);
      expect(packages.text(id(1))).toBeNull();
      expect([changes.count(), meta.get("clock")]).toEqual([1, "1"]);
    });
  });
});
