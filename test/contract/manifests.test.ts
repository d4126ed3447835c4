import type { RelaySpaces, RelayStore } from "@darksync/runtime/store/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adapters, type Opened } from "./support/adapters.js";

describe.each(adapters)("ManifestStore ($name)", (adapter) => {
  let opened: Opened<RelaySpaces>;
  let store: RelayStore;
  beforeEach(() => {
    opened = adapter.spaces();
    store = opened.store.create("aa");
  });
  afterEach(() => opened.dispose());

  function get(log: string): readonly number[] | null {
    const bytes = store.read(({ manifests }) => manifests.get(log));
    return bytes === null ? null : [...bytes];
  }

  test("keeps the last manifest of each log, also after a restart", async () => {
    expect(get("auth")).toBeNull();
    await store.write(({ manifests }) => {
      manifests.set("auth", new Uint8Array([1]));
      manifests.set("main/Acme", new Uint8Array([2]));
      manifests.set("main/Acme", new Uint8Array([3, 4]));
    });
    store = opened.reopen().open("aa") ?? store;
    expect([get("auth"), get("main/Acme"), get("main/Other")]).toEqual([[1], [3, 4], null]);
  });

  test("keeps nothing of a transaction that failed", async () => {
    await store.write(({ manifests }) => manifests.set("auth", new Uint8Array([1])));
    const failing = store.write(({ manifests, segments }) => {
      manifests.set("auth", new Uint8Array([2]));
      manifests.set("main/Acme", new Uint8Array([3]));
      segments.put("auth", { number: 0, hash: "ab".repeat(32), byteCount: 1 }, new Uint8Array([9]));
      throw new Error("enough");
    });
    await expect(failing).rejects.toThrow("enough");
    expect([get("auth"), get("main/Acme")]).toEqual([[1], null]);
    expect(store.read(({ segments }) => segments.list("auth"))).toEqual([]);
  });

  test("what is handed in may be written over afterwards", async () => {
    const bytes = new Uint8Array([1, 2]);
    await store.write(({ manifests }) => manifests.set("auth", bytes));
    bytes.fill(7);
    expect(get("auth")).toEqual([1, 2]);
  });
});
