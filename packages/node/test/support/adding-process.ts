import { openReplicaStore } from "../../src/sqlite/replica-store.js";

// Adds changes to a database, each in a write of its own that also counts them: `adding-process PATH FIRST COUNT`.
const [path = "", first = "", count = ""] = process.argv.slice(2);
const store = openReplicaStore(path, { durability: "normal" });
for (let number = Number(first); number < Number(first) + Number(count); number += 1) {
  await store.write(({ changes, meta }) => {
    changes.add({
      id: number.toString(16).padStart(64, "0"),
      device: `${first}`.padStart(64, "0"),
      log: `main/Owner${number % 5}`,
      time: { wallMs: number, counter: 0 },
      receivedAtMs: number,
      isSkewed: false,
      place: null,
      setAside: null,
      bytes: new Uint8Array([1]),
    });
    meta.set("count", `${Number(meta.get("count") ?? 0) + 1}`);
  });
}
store.close();
