import { splitLocation } from "@darksync/core/location";
import type { Problem } from "@darksync/core/result";
import { parseRelayUrl } from "@darksync/node/relay-url";
import { httpSegmentSource } from "@darksync/node/segment-source";
import { evictedSegments } from "@darksync/runtime/cache/evicted-segments";
import { segmentFetcher, withHistory } from "@darksync/runtime/cache/fetch-evicted";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Command } from "commander";
import type { GlobalOptions } from "./command.js";
import { ProblemError, unwrap } from "./problem-error.js";
import { type Progress, startProgress } from "./progress.js";
import type { Space } from "./space.js";

/**
 * Does the work of a command that met evicted history: fetches what it needs from the relay, and begins again. A
 * command that cannot have it ends, and says when it could.
 */
export async function fetchAndDo<Value>(
  { replica }: Space,
  command: Command,
  options: GlobalOptions,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const { relay, workOffline } = replica.store.read(readFacts);
  if (relay === null) throw notCached(command, "and this space is linked to no relay to fetch it from");
  if (workOffline) throw notCached(command, "and this space works offline by choice");
  if (options.offline === true) throw notCached(command, "and --offline allows no traffic");
  const { socketUrl } = unwrap(parseRelayUrl(relay));
  const fetch = segmentFetcher(replica, { segments: httpSegmentSource, url: socketUrl });
  const total = replica.store.read(evictedSegments).length;
  const progress = startProgress("Fetching history:", total, options.json === true);
  try {
    return await withHistory(counting(fetch, progress), work, (_error, why) => {
      throw notCached(command, `and could not be fetched: ${why.message}`);
    });
  } finally {
    progress.end();
  }
}

function counting(
  fetch: ReturnType<typeof segmentFetcher>,
  progress: Progress,
): ReturnType<typeof segmentFetcher> {
  let done = 0;
  return async (segment) => {
    const came = await fetch(segment);
    done += 1;
    await progress.advance(done);
    return came;
  };
}

function notCached(command: Command, why: string): ProblemError {
  const [subject] = command.args;
  const isLocation = subject !== undefined && splitLocation(subject) !== null;
  const again = `darklang ${[...namesOf(command), ...(isLocation ? [subject] : [])].join(" ")}`;
  const queued = isLocation ? `, or queue it: darklang queue pull ${subject}` : "";
  const problem: Problem = {
    code: "not-cached",
    message: `not here: what this needs was evicted to save space, ${why}`,
    hint: `When online: ${again}${queued}`,
  };
  return new ProblemError(problem);
}

function namesOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}
