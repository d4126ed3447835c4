import { join } from "node:path";
import { darklang } from "@darksync/language/darklang";
import { readDeviceKey } from "@darksync/node/device-key";
import { replicaPorts } from "@darksync/node/process-ports";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { saveAll } from "@darksync/runtime/edit/save";
import { openReplica } from "@darksync/runtime/replica/replica";
import { expect } from "vitest";

/** Saves so many values in a space, at once and with no traffic; `textOf` gives what each is. */
export async function makeChanges(
  folder: string,
  count: number,
  textOf: (index: number) => string,
): Promise<void> {
  const signer = readDeviceKey(join(folder, ".darklang", "device.key"));
  if (!signer.ok) throw new Error(signer.problem.message);
  const store = openReplicaStore(join(folder, ".darklang", "space.db"));
  const replica = await openReplica({
    store,
    signer: signer.value,
    ...replicaPorts,
    language: darklang,
  });
  const saved = await saveAll(
    replica,
    Array.from({ length: count }, (_, index) => ({
      location: `Acme.M.n${index}`,
      text: { kind: "value" as const, head: "let ", tail: ` = "${textOf(index)}"\n` },
    })),
  );
  store.close();
  expect(saved.ok).toBe(true);
}
