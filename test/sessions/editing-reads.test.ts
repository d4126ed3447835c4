import { beforeEach, describe, expect, test } from "vitest";
import { newSpace, type TestSpace } from "../support/space.js";

let space: TestSpace;

beforeEach(async () => {
  space = await newSpace();
});

async function fill(): Promise<void> {
  await space.save("Acme.Math.add", "let add (a: Int64) (b: Int64) : Int64 = a + b");
  await space.save("Acme.Math.Sign", "type Sign =\n  | Plus\n  | Minus");
  await space.save("Acme.Text.banner", 'let banner = "Sum: " ++ Acme.Math.add 1L 2L');
}

describe("ls and search", () => {
  test("ls lists all, or what a prefix holds", async () => {
    await fill();
    expect((await space.ask("ls")).items).toEqual([
      { location: "Acme.Math.Sign", kind: "type", mark: "local" },
      { location: "Acme.Math.add", kind: "fn", mark: "local" },
      { location: "Acme.Text.banner", kind: "value", mark: "local" },
    ]);
    expect((await space.ask("ls", "Acme.Math")).items).toHaveLength(2);
    expect((await space.ask("ls", "Acme.Ma")).items).toEqual([]);
    expect((await space.do("ls", "Acme.Text.")).stdout).toBe("+ value Acme.Text.banner\n");
  });

  test("ls of nothing says what to do", async () => {
    const listed = await space.do("ls");
    expect(listed.stdout).toBe("");
    expect(listed.stderr).toContain("darklang import");
  });

  test("search looks into names and texts", async () => {
    await fill();
    expect((await space.ask("search", "SUM:")).items).toMatchObject([{ location: "Acme.Text.banner" }]);
    expect((await space.ask("search", "sign")).items).toMatchObject([{ location: "Acme.Math.Sign" }]);
    expect((await space.ask("search", "nowhere at all")).items).toEqual([]);
    expect((await space.try(["search", ""])).code).toBe(2);
  });
});

describe("resolve and refs", () => {
  test("resolve finds the nearest meaning of a name", async () => {
    await fill();
    const resolved = await space.ask("resolve", "add", "--in", "Acme.Math");
    expect(resolved).toMatchObject({ location: "Acme.Math.add", stale: true });
    expect(resolved.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await space.ask("resolve", "Acme.Math.add")).toMatchObject({ hash: resolved.hash });
    const unknown = await space.try(["resolve", "add"]);
    expect(unknown).toMatchObject({ code: 1, stdout: "" });
    expect(unknown.stderr).toContain("--in");
  });

  test("refs shows both directions", async () => {
    await fill();
    expect(await space.ask("refs", "Acme.Math.add")).toMatchObject({
      uses: [],
      usedBy: ["Acme.Text.banner"],
    });
    expect(await space.ask("refs", "Acme.Text.banner")).toMatchObject({
      uses: ["Acme.Math.add"],
      usedBy: [],
    });
    expect((await space.do("refs", "Acme.Math.add")).stdout).toBe(
      "Uses: nothing\nUsed by:\n  Acme.Text.banner\n",
    );
  });

  test("an unknown location suggests a near one", async () => {
    await fill();
    for (const wrong of ["Acme.Math.ad", "Acme.Text.add", "Acme.Math.Add"]) {
      const { code, stderr } = await space.try(["refs", wrong]);
      expect(code).toBe(1);
      expect(stderr).toContain("Did you mean Acme.Math.add");
    }
  });
});

describe("the past", () => {
  test("log lists changes, the newest first", async () => {
    await fill();
    const { changes } = (await space.ask("log", "--limit", "2")) as { changes: Record<string, unknown>[] };
    expect(changes).toHaveLength(2);
    expect(changes[0]).toMatchObject({
      author: "Ada",
      ops: [{ type: "AddValue" }, { location: "Acme.Text.banner" }],
    });
    expect(changes[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const { stdout } = await space.do("log", "Acme.Math.add");
    expect(stdout).toMatch(
      /^↑ [0-9a-f]{12} \d{4}-\d\d-\d\d \d\d:\d\d Ada\n {4}set Acme\.Math\.add \(fn [0-9a-f]{12}\)\n$/,
    );
    expect((await space.try(["log", "Acme.Math.nothing"])).code).toBe(1);
    expect((await space.try(["log", "--limit", "0"])).code).toBe(2);
    expect((await space.try(["log", "--limit", "many"])).code).toBe(2);
  });

  test("view --at shows a definition as it was at a change or a time", async () => {
    await fill();
    const before = (await space.ask("log", "Acme.Math.add")) as { changes: { id: string; time: string }[] };
    const { id, time } = before.changes[0] ?? { id: "", time: "" };
    await space.save("Acme.Math.add", "let add (a: Int64) (b: Int64) : Int64 = b + a");
    const old = "let add (a: Int64) (b: Int64) : Int64 = a + b\n";
    expect((await space.do("view", "Acme.Math.add", "--at", id)).stdout).toBe(old);
    expect((await space.do("view", "Acme.Math.add", "--at", id.slice(0, 8))).stdout).toBe(old);
    expect((await space.do("view", "Acme.Math.add", "--at", time)).stdout).toBe(old);
    expect((await space.do("view", "Acme.Math.add", "--at", "2999-01-01")).stdout).toContain("b + a");
    expect((await space.try(["view", "Acme.Math.add", "--at", "2001-01-01"])).stderr).toContain(
      "nothing at Acme.Math.add then",
    );
    expect((await space.try(["view", "Acme.Math.add", "--at", "yesterdayish"])).code).toBe(2);
  });
});

describe("diff and status", () => {
  test("diff shows what the relay does not have", async () => {
    expect((await space.ask("diff")).changes).toEqual([]);
    await space.save("Acme.Math.add", "let add (a: Int64) : Int64 =\n  a + 1L");
    const { changes } = (await space.ask("diff")) as { changes: Record<string, unknown>[] };
    expect(changes).toMatchObject([{ location: "Acme.Math.add", from: null }]);
    expect(changes[0]?.diff).toContain("+let add (a: Int64) : Int64 =\n+  a + 1L\n");
    await space.do("rm", "Acme.Math.add");
    expect((await space.ask("diff")).changes).toEqual([]);
    expect((await space.try(["diff", "nonsense"])).code).toBe(2);
  });

  test("status counts, and says how the space stands to its relay", async () => {
    await fill();
    expect(await space.ask("status")).toMatchObject({
      branch: "main",
      pending: 4,
      conflicts: 0,
      requests: 0,
      notices: 0,
      member: "Ada",
      relay: null,
      sync: { state: "never", workOffline: false, pending: 4, conflicts: 0, failed: 0, lastSyncedAt: null },
    });
    const { stdout } = await space.do("status");
    expect(stdout).toContain("4 changes not on the relay yet");
    expect(stdout).toContain("darklang sync --relay URL");
  });
});
