import { branchOfLog } from "./branch.js";
import { compareTimestamps, type Timestamp } from "./hlc.js";
import { parseStreamName, type StreamName } from "./stream.js";
import { isLogName, type LogName, maxLogs, type Seen, type Vector } from "./vector.js";

/**
 * What a base or a merge covers: of each log named the blocks up to a vector, and all that its author had made before
 * (changes wait unsigned, and blocks could not name them).
 */
export interface Coverage {
  /** Public key of the device that wrote it, hex. */
  readonly device: string;
  readonly time: Timestamp;
  readonly logs: Seen;
}

/** Where a change comes from, as far as coverage goes. */
export interface ChangePosition {
  /** Public key of the device that made it, hex. */
  readonly device: string;
  readonly log: LogName;
  readonly time: Timestamp;
  /** Null while it waits unsigned. */
  readonly place: { readonly stream: StreamName; readonly seq: number } | null;
}

/**
 * Whether a change is covered. One of a log that the coverage does not name is not: what that means, the caller
 * decides (an owner that is not in a base follows main).
 */
export function covers({ device, time, logs }: Coverage, change: ChangePosition): boolean {
  const vector = logs.get(change.log);
  if (vector === undefined) return false;
  const { place } = change;
  if (place !== null && place.seq <= (vector.get(place.stream) ?? 0)) return true;
  // One device's timestamps strictly increase (C4.1): this compares no two clocks.
  return change.device === device && compareTimestamps(change.time, time) < 0;
}

/** What is wrong with the logs of a base, or null. */
export function invalidCoveredLogs(logs: Seen): string | null {
  if (logs.size > maxLogs) return `it names more than ${maxLogs} logs`;
  for (const [log, vector] of logs) {
    const problem = invalidCoveredLog(log) ?? invalidVector(vector);
    if (problem !== null) return problem;
  }
  return null;
}

function invalidCoveredLog(log: LogName): string | null {
  return branchOfLog(log) !== null || (log.startsWith("main/") && isLogName(log))
    ? null
    : `${log.slice(0, 80)} is neither main/<Owner> nor branch/<id>`;
}

/** What is wrong with a vector, or null. A change has no room for more streams than can be read. */
export function invalidVector(vector: Vector): string | null {
  for (const [stream, seq] of vector) {
    if (parseStreamName(stream) === null) return `${stream.slice(0, 80)} is not the name of a stream`;
    if (!Number.isSafeInteger(seq) || seq < 1) return "blocks count from 1";
  }
  return null;
}
