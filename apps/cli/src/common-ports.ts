import { darklang } from "@darksync/language/darklang";
import { replicaPorts } from "@darksync/node/process-ports";
import type { ReplicaPorts } from "@darksync/runtime/replica/replica";

/** What every replica of this command runs on, but its store and key. */
export const commonPorts: Omit<ReplicaPorts, "store" | "signer"> = {
  ...replicaPorts,
  language: darklang,
};
