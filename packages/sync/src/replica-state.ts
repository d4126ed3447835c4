import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { Hello, Message, StreamHead, Welcome } from "./message.js";

/** Whether a sync ends when both sides have all, or stays for what comes. */
export type SyncMode = "once" | "stay";

/** What happens to a replica's side of a sync. */
export type ReplicaInput =
  | { readonly type: "start" }
  | { readonly type: "opened"; readonly hello: Hello }
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "closed"; readonly problem: Problem }
  | { readonly type: "heartbeat" }
  /** Something was saved here. */
  | { readonly type: "changed"; readonly logs: readonly LogName[] }
  /**
   * The answer to `compare`: what to ask for, what to fetch first in another way, and what to offer; or why this relay
   * is not the right one.
   */
  | {
      readonly type: "compared";
      readonly asks: readonly Ask[];
      readonly fetches: readonly LogName[];
      readonly offers: readonly LogName[];
    }
  | { readonly type: "mismatched"; readonly problem: Problem }
  /** The answer to `fetch`: what is left to ask for. */
  | { readonly type: "fetched"; readonly ask: Ask }
  /** The answer to `noteState` and `noteAck`: what to ask for, if the relay has what is not here. */
  | { readonly type: "noted"; readonly ask: Ask | null }
  /** The answer to `ingest` when something is missing. */
  | { readonly type: "lacking"; readonly ask: Ask }
  /** The answer to `prepare`: the next batch, or null if the relay has all. */
  | { readonly type: "prepared"; readonly log: LogName; readonly update: Uint8Array | null }
  /** The answer to `settle`: logs that were written to. */
  | { readonly type: "settled"; readonly logs: readonly LogName[] }
  | { readonly type: "stop" };

/** A log to ask for, with what is held of it. */
export interface Ask {
  readonly log: LogName;
  readonly stateVector: Uint8Array;
}

/** What a replica's side of a sync does. The shell runs effects in order, one at a time. */
export type ReplicaEffect =
  | { readonly type: "connect" }
  | { readonly type: "disconnect" }
  | { readonly type: "send"; readonly message: Message }
  /** Compare digests with the relay's, and join its space if this one is new. */
  | { readonly type: "compare"; readonly welcome: Welcome }
  /** Fetch what the relay has sealed of a log (L6). */
  | { readonly type: "fetch"; readonly log: LogName }
  /** Admit and fold what came. */
  | { readonly type: "ingest"; readonly log: LogName; readonly update: Uint8Array }
  /** All that the relay has of a log: replaces the durable vector. */
  | { readonly type: "noteState"; readonly log: LogName; readonly heads: readonly StreamHead[] }
  /** What more the relay has of a log: raises the durable vector. */
  | { readonly type: "noteAck"; readonly log: LogName; readonly heads: readonly StreamHead[] }
  /** Park the changes a refusal names, and begin a new epoch. */
  | { readonly type: "park"; readonly refusal: Refused }
  /** Sign what waits and read the next batch that the relay lacks. */
  | { readonly type: "prepare"; readonly log: LogName }
  /** Settle the conflicts that were foreseen: what came is whole. */
  | { readonly type: "settle" }
  /** Both sides have all that the other has. */
  | { readonly type: "caughtUp" }
  /** Connect again after a while; the shell draws the delay. */
  | { readonly type: "retry"; readonly retryCount: number; readonly problem: Problem }
  /** The end. */
  | { readonly type: "finish"; readonly problem: Problem | null };

export type Refused = Extract<Message, { type: "refused" }>;

export interface ReplicaState {
  readonly mode: SyncMode;
  readonly phase: "idle" | "connecting" | "greeting" | "comparing" | "exchanging" | "waiting" | "finished";
  readonly retryCount: number;
  /** Logs whose `state` is awaited. */
  readonly asking: readonly LogName[];
  /** Logs that are fetched and then asked for, in order. */
  readonly fetching: readonly LogName[];
  /** What will be asked once `auth` is here, which is fetched. */
  readonly held: readonly Ask[];
  /** Whether the first of them is being fetched. */
  readonly isFetching: boolean;
  /** Logs that may hold something the relay lacks, in order. */
  readonly toOffer: readonly LogName[];
  /** The one log that is being offered: at most one batch is under way, so that a cut repeats no more than it. */
  readonly offering: { readonly log: LogName; readonly isSent: boolean } | null;
  /** What the relay refused of the batch under way. It counts once the relay has said what it took of the batch. */
  readonly refusals: readonly Refused[];
  /** Whether something may have come since `settle` was last asked for, this connection's first time included. */
  readonly isUnsettled: boolean;
  /** Whether the answer to `settle` is awaited. */
  readonly isSettling: boolean;
  readonly isCaughtUp: boolean;
  readonly link: "heard" | "quiet" | "pinged";
  /** Looks at the link since something was asked or sent and the relay last said anything to it. */
  readonly looksUnanswered: number;
}

export interface ReplicaStep {
  readonly state: ReplicaState;
  readonly effects: readonly ReplicaEffect[];
}

/** A machine that has done nothing yet. */
export function initialReplicaState(mode: SyncMode): ReplicaState {
  return {
    mode,
    phase: "idle",
    retryCount: 0,
    asking: [],
    fetching: [],
    held: [],
    isFetching: false,
    toOffer: [],
    offering: null,
    refusals: [],
    isUnsettled: true,
    isSettling: false,
    isCaughtUp: false,
    link: "heard",
    looksUnanswered: 0,
  };
}
