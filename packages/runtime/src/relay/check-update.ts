import type { Compression, Hash, Verify } from "@darksync/core/ports";
import { type AdmittedBlock, admitRuns } from "@darksync/log/admission";
import { firstHead } from "@darksync/log/head";
import { parseAppends, type Run } from "@darksync/log/update";
import type { HeldLog } from "./held-log.js";
import { type RefusedMessage, withoutInvalid, withoutStaleClosing } from "./without-invalid.js";

/** What updates are checked with. */
export interface CheckPorts {
  readonly hash: Hash;
  readonly verify: Verify;
  readonly compression: Compression;
}

/** What an update holds that may be stored. */
export interface CheckedUpdate {
  readonly admitted: readonly AdmittedBlock[];
  readonly refused: readonly RefusedMessage[];
  readonly gap: boolean;
  /** Blocks that came again. */
  readonly repeatedCount: number;
}

/** An update that is no list of appends at all; whoever sent it is not one of our clients. */
export class UpdateRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Checks an update against what is held of its log and of the log of devices. Rejects with `UpdateRefused`. */
export async function checkUpdate(
  ports: CheckPorts,
  held: HeldLog,
  auth: HeldLog,
  update: Uint8Array,
): Promise<CheckedUpdate> {
  const { log } = held;
  const parsed = parseAppends(ports.hash, firstHead, update, (client) => held.known(client));
  if (!parsed.ok) {
    if (parsed.refusal.code === "gap") return { admitted: [], refused: [], gap: true, repeatedCount: 0 };
    throw new UpdateRefused(parsed.refusal.code, parsed.refusal.message);
  }
  const repeatedCount = countRepeated(held, parsed.runs);
  const admission = await admitRuns(ports, log, held.view(auth), parsed.runs, "each");
  for (const { stream, seq } of admission.refused) held.expectSound(ports, stream, seq - 1, seq);
  // Nothing is stored of an update that came before its devices' introductions: the client sends those first.
  if (admission.waiting.length > 0)
    throw new UpdateRefused("not-introduced", "a device has not introduced itself to this space");
  const { admitted: valid, refused } = withoutInvalid(ports.hash, log, admission.admitted);
  const { admitted, refused: stale } = withoutStaleClosing(
    log,
    (stream) => held.tips.get(stream)?.seq ?? 0,
    valid,
  );
  const others = admission.refused.map(
    ({ stream, seq, problem: { code, message } }): RefusedMessage => ({
      type: "refused",
      log,
      stream,
      seq,
      code,
      reason: message,
      changes: [],
    }),
  );
  return {
    admitted,
    refused: [...refused, ...stale, ...others],
    gap: admission.askAgain.length > 0,
    repeatedCount,
  };
}

function countRepeated(held: HeldLog, runs: readonly Run[]): number {
  let count = 0;
  for (const { stream, firstSeq, blocks } of runs) {
    const tip = held.tips.get(stream)?.seq ?? 0;
    count += Math.max(0, Math.min(tip - firstSeq + 1, blocks.length));
  }
  return count;
}
