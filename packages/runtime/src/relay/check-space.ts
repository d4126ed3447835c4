import type { OpenBlock } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import type { Problem } from "@darksync/core/result";
import { deviceOf, parseStreamName, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { decodeManifest, isManifestSigned } from "@darksync/log/manifest";
import { StreamCheck } from "../read/stream-check.js";
import type { Tip } from "../store/block-store.js";
import type { RelayTables, Store } from "../store/store.js";
import { manifestProblem, segmentProblem } from "./check-manifests.js";
import type { CheckPorts } from "./check-update.js";

/** A space of a relay, to be checked whole. */
export interface CheckedSpace {
  readonly id: string;
  readonly store: Pick<Store<RelayTables>, "read">;
  /** Hex: the key that signs what this relay seals; null: whatever key the manifests name. */
  readonly relayKey: string | null;
  /** Waited for between a little and a little more. */
  readonly pause: () => Promise<void>;
}

const readAtOnceBytes = 1024 * 1024;

/**
 * Reads all that a relay keeps of a space and says what is not as it was written: of every stream the chain from its root
 * to its end, each block's hash and payload and the last one's signature, the ends of epochs; of every log its manifest
 * with its signature, and the bytes of every segment.
 */
export async function checkSpace(ports: CheckPorts, space: CheckedSpace): Promise<readonly Problem[]> {
  const check = new SpaceCheck(ports, space);
  await check.run();
  return check.problems;
}

class SpaceCheck {
  readonly problems: Problem[] = [];
  readonly #ports: CheckPorts;
  readonly #space: CheckedSpace;

  constructor(ports: CheckPorts, space: CheckedSpace) {
    this.#ports = ports;
    this.#space = space;
  }

  async run(): Promise<void> {
    const logs = this.#look("bad-log", "the logs", ({ blocks }) => blocks.logs()) ?? [];
    for (const log of logs) {
      await this.#checkStreams(log);
      await this.#checkSealed(log);
    }
  }

  async #checkStreams(log: LogName): Promise<void> {
    const streams = this.#look("bad-block", log, ({ blocks }) =>
      [...blocks.tips(log)].map(([stream, tip]) => ({ stream, tip, closedAt: blocks.closedAt(log, stream) })),
    );
    const closings = new Map<StreamName, Set<number>>();
    for (const { stream, tip } of streams ?? []) {
      const problem = await this.#checkStream(log, stream, tip, closings);
      if (problem !== null) this.#addStream(log, stream, problem);
    }
    for (const { stream, closedAt } of streams ?? []) {
      // An epoch that two closed, in copies of one device, ends where the relay was told last.
      const told = closings.get(stream);
      const isRight = closedAt === null ? told === undefined : told?.has(closedAt) === true;
      if (!isRight) this.#addStream(log, stream, "its end is not where it was closed");
      closings.delete(stream);
    }
    this.#look("bad-block", log, ({ blocks }) => {
      for (const stream of closings.keys())
        if (blocks.closedAt(log, stream) === null) this.#addStream(log, stream, "it was closed and is open");
    });
  }

  async #checkStream(
    log: LogName,
    stream: StreamName,
    tip: Tip,
    closings: Map<StreamName, Set<number>>,
  ): Promise<string | null> {
    const check = new StreamCheck(this.#ports, this.#space.id, log, stream, ({ header: { closes } }) => {
      if (closes === null) return null;
      const closed = `${deviceOf(stream)}.${closes.epoch}`;
      closings.set(closed, (closings.get(closed) ?? new Set()).add(closes.seq));
      return null;
    });
    try {
      while (check.next <= tip.seq) {
        const problem = this.#space.store.read(({ blocks }) => {
          const stored = blocks.read(log, stream, check.next, readAtOnceBytes);
          // What came since is for the next look.
          return check.take(stored.filter(({ seq }) => seq <= tip.seq));
        });
        if (problem !== null) return problem;
        await this.#space.pause();
      }
    } catch (error) {
      return `block ${check.next} or one behind it cannot be read: ${reasonOf(error)}`;
    }
    return check.end(tip) ?? (await this.#signatureProblem(check.last));
  }

  async #signatureProblem(last: OpenBlock | null): Promise<string | null> {
    if (last === null) return null;
    const device = parseStreamName(last.header.stream)?.device;
    const isSigned = device !== undefined && (await this.#ports.verify(device, last.signed, last.signature));
    return isSigned ? null : `block ${last.header.seq} has no good signature`;
  }

  async #checkSealed(log: LogName): Promise<void> {
    const { id, relayKey } = this.#space;
    const read = this.#look("bad-manifest", `the manifest of ${log}`, (tables) => {
      const bytes = tables.manifests.get(log);
      const manifest = bytes === null ? null : decodeManifest(bytes);
      if (bytes !== null && manifest === null)
        return { manifest, problem: `the manifest of ${log} cannot be read` };
      return { manifest, problem: manifestProblem(id, log, tables, manifest) };
    });
    if (read === undefined) return;
    const { manifest, problem } = read;
    if (problem !== null) this.#add("bad-manifest", problem);
    if (manifest === null) return;
    const isSigned =
      (relayKey === null || toHex(manifest.publicKey) === relayKey) &&
      (await isManifestSigned(this.#ports.verify, manifest));
    if (!isSigned) this.#add("bad-manifest", `the manifest of ${log} is not signed by this relay`);
    for (const [number, { hash }] of manifest.segments.entries()) {
      const wrong = this.#look("bad-segment", `segment ${number} of ${log}`, (tables) => {
        const bytes = tables.segments.bytes(log, number) ?? new Uint8Array(0);
        const isRight = toHex(this.#ports.hash(bytes)) === hash;
        const rotten = isRight ? null : `segment ${number} of ${log} is not what its hash says`;
        return segmentProblem(log, tables, manifest, number) ?? rotten;
      });
      if (typeof wrong === "string") this.#add("bad-segment", wrong);
      await this.#space.pause();
    }
  }

  /** Undefined where it could not be read, which is a problem found. */
  #look<Value>(code: string, what: string, look: (tables: RelayTables) => Value): Value | undefined {
    try {
      return this.#space.store.read(look);
    } catch (error) {
      this.#add(code, `${what} cannot be read: ${reasonOf(error)}`);
      return undefined;
    }
  }

  #addStream(log: LogName, stream: StreamName, problem: string): void {
    this.#add("bad-block", `stream ${stream.slice(0, 8)} in ${log}: ${problem}`);
  }

  #add(code: string, message: string): void {
    this.problems.push({ code, message, hint: relayRepairHint });
  }
}

/** What to do where a relay's copy of a space is not what it should be. */
export const relayRepairHint =
  "stop the relay, run `darklang-relay doctor --data DIR --repair`, start it again: the space's clients bring what could not be kept with their next sync";

/** In what is damaged, a bug and damage look alike; anything that is no error is not for us. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  throw error;
}
