import { type Change, changeId, decodeChange } from "@darksync/core/change";
import { problemOf } from "@darksync/core/fold";
import type { Hash } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { AdmittedBlock } from "@darksync/log/admission";
import type { Message } from "@darksync/sync/message";

export type RefusedMessage = Extract<Message, { type: "refused" }>;

/**
 * Takes out streams that close an epoch before the last block that is held of it: whoever closes it has to see that
 * block first, or it would count nowhere although it was acknowledged (C3, L5).
 */
export function withoutStaleClosing(
  log: LogName,
  tipOf: (stream: StreamName) => number,
  blocks: readonly AdmittedBlock[],
): { readonly admitted: readonly AdmittedBlock[]; readonly refused: RefusedMessage[] } {
  const refused = blocks.flatMap(({ header: { stream, seq, closes } }): RefusedMessage[] => {
    if (closes === null || tipOf(`${deviceOf(stream)}.${closes.epoch}`) <= closes.seq) return [];
    const reason = "It ends an epoch before a block that is held of it.";
    return [{ type: "refused", log, stream, seq, code: "stale-closing", reason, changes: [] }];
  });
  const out = new Set(refused.map(({ stream }) => stream));
  return { admitted: blocks.filter(({ header }) => !out.has(header.stream)), refused };
}

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
