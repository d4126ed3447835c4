import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDeviceKey } from "@darksync/node/device-key";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { expect, onTestFinished, test } from "vitest";
import { Teammate, testFolder, testRelay } from "../support/team.js";

const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));

/** A command that runs on until it is killed. */
function start(mate: Teammate, ...args: readonly string[]) {
  const child = spawn(process.execPath, [program, "--space", mate.folder, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function synced(): Promise<{ folder: string; ada: Teammate; url: string }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", relay.url);
  return { folder, ada, url: relay.url };
}

test("while --watch syncs with one relay, a link to another is refused and not told as synced (L5)", async () => {
  const { folder, ada, url } = await synced();
  const other = await testRelay(`${folder}/other`);
  // It says so when it is in sync.
  await once(start(ada, "sync", "--watch").stdout, "data");
  const refused = await ada.try("--json", "sync", "--relay", other.url);
  expect(refused.json.error).toMatchObject({ code: "sync-running", hint: expect.stringMatching(/\w/) });
  expect(await ada.do("status")).toMatchObject({ relay: url });
});

test("killed while it waits for another relay's first word, a space is linked as before", async () => {
  const { ada, url } = await synced();
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const linking = start(ada, "sync", "--relay", `http://127.0.0.1:${port}`);
  await once(silent, "connection");
  linking.kill("SIGKILL");
  await once(linking, "exit");
  expect(await ada.do("status")).toMatchObject({ relay: url, sync: { state: "synced" } });
});

test("a space whose making was cut short says so and takes no work that could never be synced", async () => {
  const ada = new Teammate("Ada", testFolder());
  mkdirSync(join(ada.folder, ".darklang"), { recursive: true });
  createDeviceKey(join(ada.folder, ".darklang", "device.key"));
  openReplicaStore(join(ada.folder, ".darklang", "space.db")).close();
  const result = await ada.try("--json", "status");
  expect(result.json.error).toMatchObject({ code: "space-unfinished", hint: expect.stringMatching(/init/) });
});

test("what introduces a device is not discarded, so that it can still sync", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  const { queue } = await ada.do("queue");
  const [introduction] = queue as { id: string; log: string }[];
  const dropped = await ada.try("--json", "queue", "drop", String(introduction?.id));
  expect(dropped.json.error).toMatchObject({ code: "introduction" });
  expect(await ada.do("sync", "--clear-queue")).toMatchObject({ dropped: 1 });
  await ada.saveValue("Acme.b", 1);
  expect(await ada.do("sync", "--relay", relay.url)).toMatchObject({ pushed: 2 });
  const { changes } = await ada.do("log");
  expect(changes).toMatchObject([{ author: "Ada" }, { author: "Ada" }]);
});

test("a new space that is linked to a relay with another says that it is part of that now (P3)", async () => {
  const { folder, ada, url } = await synced();
  const bob = new Teammate("Bob", folder);
  await bob.init("Stripe");
  const { stdout } = await bob.try("sync", "--relay", url);
  const { space } = await ada.do("status");
  expect(stdout).toContain(`is part of that now (${String(space).slice(0, 8)}).`);
  expect((await bob.try("sync", "--relay", url)).stdout).not.toContain("part of that");
});
