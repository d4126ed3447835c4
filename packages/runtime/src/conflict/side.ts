import type { Conflict, ConflictHead } from "@darksync/core/conflict";
import { greatest } from "@darksync/core/deprecation";
import { namingSourceOf } from "@darksync/core/fold";
import { compareTimestamps, type Timestamp } from "@darksync/core/hlc";
import { type Location, ownerOf } from "@darksync/core/location";
import { type Scattering, scatteringAt } from "@darksync/core/scattering";
import { memberOf } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { Writers } from "./writers.js";

/** What may be chosen in a conflict: one head, or, where one definition is at several places, one place. */
export interface Side {
  /** Where it would stand. */
  readonly place: Location;
  /** Not empty, in id order. */
  readonly heads: readonly ConflictHead[];
  /** Whether this device's member wrote a head of it. */
  readonly isMine: boolean;
  /** Whether who made the owner's namespace wrote a head of it. */
  readonly isOwners: boolean;
  /** Of its latest head; null if that is not known. */
  readonly time: Timestamp | null;
}

/** Tells the sides of conflicts. Make one for one reading. */
export class Sides {
  readonly #tables: ReplicaTables;
  readonly #device: string;
  readonly #writers: Writers;
  readonly #members = new Map<string, string | null>();
  readonly #creators = new Map<string, string | null>();

  constructor(replica: Pick<Replica, "device" | "compression" | "hash">, tables: ReplicaTables) {
    this.#tables = tables;
    this.#device = replica.device;
    this.#writers = new Writers(replica, tables);
  }

  /** The sides of a conflict in order; none of a `dependency`, which has nothing to choose between. */
  of(conflict: Conflict): readonly Side[] {
    switch (conflict.kind) {
      case "dependency":
        return [];
      case "move-move":
        return this.#placesOf(conflict);
      case "edit-edit":
      case "edit-delete":
      case "both-created":
      case "kind-changed":
      case "name-taken":
        return conflict.heads.map((head) => this.#sideOf(conflict.location, [head]));
    }
  }

  /** Whether this device's member wrote a head: whoever has two laptops is one person. */
  isMine(head: ConflictHead): boolean {
    const writer = this.#writers.of(head.location, head);
    if (writer === null || writer.device === this.#device) return writer !== null;
    const member = this.#memberOfDevice(writer.device);
    return member !== null && member === this.#memberOfDevice(this.#device);
  }

  // Heads that followed to several places choose none of them.
  #placesOf(conflict: Conflict): readonly Side[] {
    const scattering = scatteringOf(this.#tables, conflict);
    return [...scattering.places].map(([place, ids]) =>
      this.#sideOf(
        place,
        conflict.heads.filter(({ id }) => ids.includes(id)),
      ),
    );
  }

  #sideOf(place: Location, heads: readonly ConflictHead[]): Side {
    const creator = this.#creatorOf(ownerOf(place));
    const times = heads.flatMap((head) => this.#writers.of(head.location, head)?.time ?? []);
    return {
      place,
      heads,
      isMine: heads.some((head) => this.isMine(head)),
      isOwners: creator !== null && heads.some((head) => this.#memberOf(head) === creator),
      time: times.sort(compareTimestamps).at(-1) ?? null,
    };
  }

  #creatorOf(owner: string): string | null {
    const known = this.#creators.get(owner);
    if (known !== undefined) return known;
    const heads = this.#tables.packages.heads({ type: "namespace", key: owner });
    const device = greatest(heads)?.value.createdBy;
    const creator = device === undefined ? null : memberOf(this.#tables, device);
    this.#creators.set(owner, creator);
    return creator;
  }

  #memberOf(head: ConflictHead): string | null {
    const writer = this.#writers.of(head.location, head);
    return writer === null ? null : this.#memberOfDevice(writer.device);
  }

  #memberOfDevice(device: string): string | null {
    const known = this.#members.get(device);
    if (known !== undefined) return known;
    const member = memberOf(this.#tables, device);
    this.#members.set(device, member);
    return member;
  }
}

/** The scattering that a `move-move` is about. */
export function scatteringOf({ packages }: ReplicaTables, { id, location }: Conflict): Scattering {
  const scattering = scatteringAt(namingSourceOf(packages), location);
  if (scattering === null) throw new Error(`the conflict ${id} is about no places`);
  return scattering;
}
