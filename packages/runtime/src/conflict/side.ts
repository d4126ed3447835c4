import type { Conflict, ConflictHead } from "@darksync/core/conflict";
import { greatest } from "@darksync/core/deprecation";
import { namingSourceOf } from "@darksync/core/fold";
import { compareTimestamps, type Timestamp } from "@darksync/core/hlc";
import { type Location, ownerOf } from "@darksync/core/location";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import { type Scattering, scatteringAt } from "@darksync/core/scattering";
import { memberOf } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

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
  readonly #written = new Map<ChangeId, Written>();
  readonly #creators = new Map<string, string | null>();

  constructor({ device }: Pick<Replica, "device">, tables: ReplicaTables) {
    this.#tables = tables;
    this.#device = device;
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
  isMine(id: OpId): boolean {
    const { device, member } = this.#writtenBy(id);
    return device === this.#device || (member !== null && member === memberOf(this.#tables, this.#device));
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
    const times = heads.flatMap(({ id }) => this.#writtenBy(id).time ?? []);
    return {
      place,
      heads,
      isMine: heads.some(({ id }) => this.isMine(id)),
      isOwners: creator !== null && heads.some(({ id }) => this.#writtenBy(id).member === creator),
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

  #writtenBy(id: OpId): Written {
    const change = changeOf(id);
    const known = this.#written.get(change);
    if (known !== undefined) return known;
    const record = this.#tables.changes.get(change);
    const written: Written = {
      device: record?.device ?? null,
      member: record === null ? null : memberOf(this.#tables, record.device),
      time: record?.time ?? null,
    };
    this.#written.set(change, written);
    return written;
  }
}

interface Written {
  readonly device: string | null;
  readonly member: string | null;
  readonly time: Timestamp | null;
}

/** The scattering that a `move-move` is about. */
export function scatteringOf({ packages }: ReplicaTables, { id, location }: Conflict): Scattering {
  const scattering = scatteringAt(namingSourceOf(packages), location);
  if (scattering === null) throw new Error(`the conflict ${id} is about no places`);
  return scattering;
}
