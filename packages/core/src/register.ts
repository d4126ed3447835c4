import type { ContentHash } from "./content-hash.js";
import type { DefinitionKind } from "./definition.js";
import type { Skeleton } from "./language.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";

/** What a naming op binds a location to: a definition, or nothing. */
export type Binding =
  | {
      readonly type: "definition";
      readonly kind: DefinitionKind;
      readonly hash: ContentHash;
      readonly movedFrom: Location | null;
    }
  | { readonly type: "nothing"; readonly movedTo: Location | null };

/** What each type of register holds. A register is one thing that ops assign values to (O1). */
export interface RegisterValues {
  /** Key: a location. */
  readonly name: Binding;
  /** Key: a location. Null: not deprecated. */
  readonly deprecation: { readonly message: string } | null;
  /** Key: the path of a file. */
  readonly file: { readonly skeleton: Skeleton };
  /** Key: a device's public key in hex. */
  readonly device: { readonly member: string };
  /** Key: an owner. */
  readonly namespace: { readonly createdBy: string };
}

export type RegisterType = keyof RegisterValues;

/** A register by type and key. */
export interface Register<Type extends RegisterType = RegisterType> {
  readonly type: Type;
  readonly key: string;
}

/** One assignment of a value to a register. The heads of a register are its assignments minus all they supersede. */
export interface Assignment<Type extends RegisterType = RegisterType> {
  readonly id: OpId;
  readonly value: RegisterValues[Type];
  readonly supersedes: readonly OpId[];
}
