import { type Change, changeId, decodeChange } from "@darksync/core/change";
import { problemOf } from "@darksync/core/fold";
import type { Hash } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { AdmittedBlock } from "@darksync/log/admission";
import type { Message } from "@darksync/sync/message";

export type RefusedMessage = Extract<Message, { type: "refused" }>;

/** Cuts each stream before its first block with a change that is malformed or breaks a rule. */
export function withoutInvalid(
  hash: Hash,
  log: LogName,
  blocks: readonly AdmittedBlock[],
): { readonly admitted: readonly AdmittedBlock[]; readonly refused: RefusedMessage[] } {
  const admitted: AdmittedBlock[] = [];
  const refused: RefusedMessage[] = [];
  const cut = new Set<StreamName>();
  for (const block of blocks) {
    const { stream, seq } = block.header;
    if (cut.has(stream)) continue;
    const invalid = invalidChanges(hash, log, block);
    if (invalid.length === 0) {
      admitted.push(block);
      continue;
    }
    cut.add(stream);
    const reason = invalid[0]?.reason ?? "";
    const changes = invalid.map(({ id }) => id);
    refused.push({ type: "refused", log, stream, seq, code: "invalid-change", reason, changes });
  }
  return { admitted, refused };
}

// What a newer version means by a change this one does not know is not for the relay to judge (O7).
function invalidChanges(
  hash: Hash,
  log: LogName,
  { header, changes }: AdmittedBlock,
): readonly { readonly id: string; readonly reason: string }[] {
  const invalid: { id: string; reason: string }[] = [];
  for (const bytes of changes) {
    const decoded = decodeChange(bytes);
    const reason = decoded.type === "change" ? invalidReason(decoded.change, log) : malformedReason(decoded);
    if (reason !== null) invalid.push({ id: changeId(hash, deviceOf(header.stream), log, bytes), reason });
  }
  return invalid;
}

function invalidReason(change: Change, log: LogName): string | null {
  return problemOf({ change, log });
}

function malformedReason(decoded: {
  readonly type: "unknown" | "malformed";
  readonly reason: string;
}): string | null {
  return decoded.type === "malformed" ? decoded.reason : null;
}
