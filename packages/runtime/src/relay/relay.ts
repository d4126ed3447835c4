import { toHex } from "@darksync/core/bytes";
import type { Random } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import type { RelaySpaces, RelayStore } from "../store/store.js";
import { ReadingTurns } from "./reading-turns.js";
import { type RelayCounts, RelaySpace, type SpacePorts } from "./relay-space.js";
import { isDamage } from "./space-damaged.js";

/** What a relay runs on. */
export interface OpenRelayPorts extends SpacePorts {
  readonly spaces: RelaySpaces;
}

/** A relay: its spaces, found by name. Connections stand in `client-connection.ts` and `room-connection.ts`. */
export class Relay {
  readonly counts: RelayCounts = {
    blocksAdmitted: 0,
    blocksRepeated: 0,
    blocksRefused: 0,
    changesAdmitted: 0,
    commits: 0,
    segmentsSealed: 0,
    bytesSealed: 0,
  };
  readonly ports: OpenRelayPorts;
  /** For those who are sent what they lack. */
  readonly readingTurns: ReadingTurns;
  readonly #open = new Map<string, RelaySpace>();
  /** Spaces that could not be opened, being damaged. */
  readonly #refused = new Set<string>();
  /** Spaces that somebody asked for since `forgetUnused` was called last. */
  readonly #used = new Set<string>();

  constructor(ports: OpenRelayPorts) {
    this.ports = ports;
    this.readingTurns = new ReadingTurns(ports.afterTurn);
  }

  /**
   * The space that a client means: the one its URL names, else the relay's only one, else the client's own, which
   * is created if the relay has none.
   */
  enter(named: string | null, own: string): Result<RelaySpace> {
    if (named !== null) {
      const space = this.space(named);
      if (space !== null) return success(space);
      if (named === own) return this.#create(own);
      if (this.ports.spaces.list().includes(named)) return failure("space-set-aside", setAside, setAsideHint);
      return failure(
        "no-such-space",
        `the relay has no space ${named}`,
        "Check the end of the URL, or leave it out.",
      );
    }
    if (this.#open.has(own)) return this.enter(own, own);
    const spaces = this.ports.spaces.list();
    if (own !== "" && spaces.includes(own)) return this.enter(own, own);
    if (spaces.length > 1) {
      return failure(
        "which-space",
        "the relay has several spaces",
        "Add the space's id to the URL: http://HOST:PORT/SPACE.",
      );
    }
    const [only] = spaces;
    if (only !== undefined) return this.enter(only, own);
    if (own !== "") return this.#create(own);
    return failure(
      "no-space",
      "the relay has no space yet",
      "Somebody who has one runs `darklang sync --relay URL` first; or make one with `darklang init`.",
    );
  }

  /** How many spaces are refused since they are damaged. */
  get damagedCount(): number {
    const found = [...this.#open.values()].filter(({ damage }) => damage !== null);
    return this.#refused.size + found.length;
  }

  /** Tells the operator of a failure that no client can do anything about. */
  onFailure(error: unknown): void {
    this.ports.onFailure(error);
  }

  /** A space by its id, or null. */
  space(id: string): RelaySpace | null {
    const open = this.#open.get(id) ?? null;
    if (open === null) {
      const store = spaceIdPattern.test(id) ? this.#opened(id) : null;
      return store === null ? null : this.#begin(id, store);
    }
    this.#used.add(id);
    return open;
  }

  /**
   * Forgets the logs, and closes the spaces, that nobody has used since the last call: what nobody is in takes no
   * memory.
   */
  forgetUnused(): void {
    for (const [id, space] of this.#open) {
      if (space.isIdle && !this.#used.has(id)) this.#close(id, space);
      else space.forgetUnused();
    }
    this.#used.clear();
  }

  /** Fulfilled when all that came in is durable or refused. */
  async idle(): Promise<void> {
    for (const space of this.#open.values()) await space.idle();
  }

  /** Fulfilled when nothing is being sealed. */
  async sealed(): Promise<void> {
    for (const space of this.#open.values()) await space.history.idle();
  }

  /** Breaks off what can be begun anew, and closes the spaces. */
  async close(): Promise<void> {
    for (const space of this.#open.values()) await space.history.stop();
    this.ports.spaces.close();
  }

  #opened(id: string): RelayStore | null {
    try {
      const store = this.ports.spaces.open(id);
      this.#refused.delete(id);
      return store;
    } catch (error) {
      if (isDamage(error)) this.#refused.add(id);
      throw error;
    }
  }

  #create(id: string): Result<RelaySpace> {
    if (!spaceIdPattern.test(id)) {
      return failure(
        "no-such-space",
        "that is not the id of a space",
        "Use a darksync client: it makes the id.",
      );
    }
    if (this.ports.spaces.list().length >= maxSpaces) {
      const hint = "Whoever runs the relay can start another one.";
      return failure("relay-full", `the relay keeps ${maxSpaces} spaces and takes no more`, hint);
    }
    return success(this.#begin(id, this.ports.spaces.create(id)));
  }

  #close(id: string, space: RelaySpace): void {
    this.#open.delete(id);
    // It is idle, so there is nothing to wait for.
    void space.history.stop();
    try {
      space.store.close();
    } catch (error) {
      this.onFailure(error);
    }
  }

  #begin(id: string, store: RelayStore): RelaySpace {
    const space = new RelaySpace(id, store, this.ports, this.counts);
    this.#open.set(id, space);
    this.#used.add(id);
    return space;
  }
}

const setAside = "the relay had to set its copy of that space aside, and has none now";
const setAsideHint = "Somebody who has one runs `darklang sync`: that brings it again. Then try again.";

const spaceIdPattern = /^[0-9a-f]{32}$/;
/** Each takes a few open files, and until memberships come anybody may make one. */
const maxSpaces = 128;

/** Bytes of a space's id. */
const spaceIdBytes: number = 16;

/** A new id for a space. */
export function newSpaceId(random: Random): string {
  return toHex(random(spaceIdBytes));
}
