import type { JudgedPair } from "@darksync/runtime/store/dependency-store";
import { expect, test } from "vitest";
import { id } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

function pair(definition: string, user: string, fields: Partial<JudgedPair> = {}): JudgedPair {
  return { definition, user, nearer: [], conflict: null, isUndecided: false, ...fields };
}

describeStores("DependencyStore", ({ write, read, reopen }) => {
  test("finds pairs by their two locations and by those that decide what a name means", async () => {
    const near = pair("Acme.f", "Acme.M.g", { nearer: ["Acme.M.f"] });
    const record = pair("Acme.f", "Acme.h", { conflict: id(1) });
    await write(({ dependencies }) => {
      expect(dependencies.isEmpty()).toBe(true);
      dependencies.put(near);
      dependencies.put(record);
    });
    reopen();
    read(({ dependencies }) => {
      expect(dependencies.isEmpty()).toBe(false);
      expect(dependencies.touching("Acme.f")).toEqual([near, record]);
      expect(dependencies.touching("Acme.M.f")).toEqual([near]);
      expect(dependencies.touching("Acme.h")).toEqual([record]);
      expect(dependencies.touching("Acme.M")).toEqual([]);
      expect(dependencies.records()).toEqual([record]);
    });
  });

  test("replaces what was said of a pair", async () => {
    await write(({ dependencies }) => {
      dependencies.put(pair("Acme.f", "Acme.g", { nearer: ["Acme.x"], conflict: id(1), isUndecided: true }));
      dependencies.put(pair("Acme.f", "Acme.g", { nearer: ["Acme.y"] }));
    });
    read(({ dependencies }) => {
      expect(dependencies.touching("Acme.x")).toEqual([]);
      expect(dependencies.touching("Acme.y")).toHaveLength(1);
      expect([...dependencies.records(), ...dependencies.undecided()]).toEqual([]);
    });
  });

  test("forgets pairs, one or all", async () => {
    await write(({ dependencies }) => {
      dependencies.put(pair("Acme.f", "Acme.g", { nearer: ["Acme.x"], isUndecided: true }));
      dependencies.put(pair("Acme.f", "Acme.h"));
      dependencies.remove({ definition: "Acme.f", user: "Acme.g" });
      dependencies.remove({ definition: "Acme.f", user: "Acme.nobody" });
      expect(dependencies.undecided()).toEqual([]);
      expect(dependencies.touching("Acme.x")).toEqual([]);
      expect(dependencies.isEmpty()).toBe(false);
      dependencies.clear();
      expect(dependencies.isEmpty()).toBe(true);
    });
  });

  test("keeps which heads followed a move, by where they stand", async () => {
    const head = { location: "Acme.b", written: "Acme.a", id: `${id(1)}/0` };
    await write(({ dependencies }) => {
      dependencies.setFollowed("Acme.b", [head]);
      dependencies.setFollowed("Acme.c", [{ ...head, location: "Acme.c" }]);
      dependencies.setFollowed("Acme.c", []);
    });
    reopen();
    expect(read(({ dependencies }) => dependencies.followed())).toEqual([head]);
  });
});
