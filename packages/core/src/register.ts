import type { BranchAccess, BranchId } from "./branch.js";
import type { ContentHash } from "./content-hash.js";
import type { Coverage } from "./coverage.js";
import type { DefinitionKind } from "./definition.js";
import type { Skeleton } from "./language.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";
import type { LogName } from "./vector.js";

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
  /** Key: a conflict's id. */
  readonly acceptance: { readonly isAccepted: boolean };
  /** Key: a branch's id. `createdBy` is a device's public key in hex; `parent` is null for a branch of main. */
  readonly branch: { readonly createdBy: string; readonly parent: BranchId | null };
  /** Key: a branch's id. */
  readonly branchName: { readonly name: string };
  /** Key: a branch's id. Something is in the base if a head covers it (B1). */
  readonly branchBase: Coverage;
  /** Key: a branch's id. */
  readonly branchArchived: { readonly isArchived: boolean };
  /** Key: `branchedKey` of a branch and a member. */
  readonly branchShare: { readonly access: BranchAccess };
  /** Key: the id of the branch that was merged. `into`: the log that says so. Of merges all heads count. */
  readonly merge: { readonly into: LogName; readonly coverage: Coverage };
  /** What a branch's own log names. Key: `branchedKey` of the branch and a location. */
  readonly branchedName: Binding;
  /** Key: `branchedKey` of a branch and a location. */
  readonly branchedDeprecation: RegisterValues["deprecation"];
  /** Key: `branchedKey` of a branch and the path of a file. */
  readonly branchedFile: RegisterValues["file"];
}

export type RegisterType = keyof RegisterValues;

const isRegisterType: { readonly [Type in RegisterType]: true } = {
  name: true,
  deprecation: true,
  file: true,
  device: true,
  namespace: true,
  acceptance: true,
  branch: true,
  branchName: true,
  branchBase: true,
  branchArchived: true,
  branchShare: true,
  merge: true,
  branchedName: true,
  branchedDeprecation: true,
  branchedFile: true,
};

/** Every type of register. */
export const registerTypes: readonly RegisterType[] = Object.keys(isRegisterType) as RegisterType[];

/** The key of a register that a branch has of its own; those of one branch share the prefix `branchedKey(id, "")`. */
export function branchedKey(branch: BranchId, key: string): string {
  return `${branch} ${key}`;
}

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
