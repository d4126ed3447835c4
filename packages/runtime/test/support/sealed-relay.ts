import { failure, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { openPorts } from "@darksync/node/crypto";
import type { Relay } from "../../src/relay/relay.js";
import { segmentOpener } from "../../src/replica/open-segment.js";
import type { Replica } from "../../src/replica/replica.js";
import { type SyncOptions, SyncSession } from "../../src/replica/sync-session.js";
import type { SyncOutcome } from "../../src/replica/sync-tally.js";
import type { SegmentSource } from "../../src/transport.js";
import { noTimers, type Wire } from "./wire.js";

type Answer = Awaited<ReturnType<SegmentSource["segment"]>>;

/** What a relay has sealed, as its HTTP side offers it, with what may go wrong on the way. */
export class SealedSource implements SegmentSource {
  relay: Relay;
  /** What was asked for, in order: `manifest LOG`, or `LOG HASH from OFFSET`. */
  readonly asked: string[] = [];
  /** Bytes that arrived of the segments of each log. */
  readonly received: Map<LogName, number> = new Map();
  /** Alters what a manifest's answer brings. */
  manifestOf: (bytes: Uint8Array | null, log: LogName) => Uint8Array | null = (bytes) => bytes;
  /** Alters what a segment's answer brings. */
  answerOf: (bytes: Uint8Array, hash: string, offset: number) => Answer = (bytes) => success(bytes);

  constructor(relay: Relay) {
    this.relay = relay;
  }

  async manifest(_url: string, space: string, log: LogName): ReturnType<SegmentSource["manifest"]> {
    this.asked.push(`manifest ${log}`);
    return success(this.manifestOf((await this.relay.space(space)?.history.manifest(log)) ?? null, log));
  }

  async segment(_url: string, space: string, log: LogName, hash: string, offset: number): Promise<Answer> {
    this.asked.push(`${log} ${hash} from ${offset}`);
    const bytes = await this.relay.space(space)?.history.segment(log, hash);
    if (bytes === null || bytes === undefined) return cut;
    const answer = this.answerOf(bytes.slice(offset), hash, offset);
    if (answer.ok) this.received.set(log, (this.received.get(log) ?? 0) + answer.value.length);
    return answer;
  }

  /** Questions for segments of a log. */
  fetched(log: LogName): readonly string[] {
    return this.asked.filter((question) => question.startsWith(`${log} `));
  }
}

export const cut: Answer = failure("relay-unreachable", "the download was cut", "Try again.");

/** Syncs once, as one who can fetch segments. */
export function syncBySegments(
  replica: Replica,
  wire: Wire,
  segments: SegmentSource,
  options: SyncOptions = {},
): Promise<SyncOutcome> {
  const clone = { segments, openSegment: segmentOpener(openPorts) };
  const ports = { transport: wire.transport, timers: noTimers, clone };
  return new SyncSession(replica, ports, "memory", "once", options).run();
}
