import { branchOfLog } from "../branch.js";
import type { Reader, Writer } from "../codec.js";
import { invalidOpIds } from "../op-id.js";
import type { LogName } from "../vector.js";
import { type Accept, accept } from "./accept.js";
import { type AddFn, addFn } from "./add-fn.js";
import { type AddType, addType } from "./add-type.js";
import { type AddValue, addValue } from "./add-value.js";
import { type ArchiveBranch, archiveBranch } from "./archive-branch.js";
import { type CreateBranch, createBranch } from "./create-branch.js";
import { type CreateNamespace, createNamespace } from "./create-namespace.js";
import { type Deprecate, deprecate } from "./deprecate.js";
import { type IntroduceDevice, introduceDevice } from "./introduce-device.js";
import { type Merged, merged } from "./merged.js";
import { type NameBranch, nameBranch } from "./name-branch.js";
import type { Effect, EffectContext, OpType } from "./op-type.js";
import { type Reopen, reopen } from "./reopen.js";
import { type Resolve, resolve } from "./resolve.js";
import { type RestoreBranch, restoreBranch } from "./restore-branch.js";
import { type SetBase, setBase } from "./set-base.js";
import { type SetFile, setFile } from "./set-file.js";
import { type SetName, setName } from "./set-name.js";
import { type ShareBranch, shareBranch } from "./share-branch.js";
import { type Undeprecate, undeprecate } from "./undeprecate.js";
import { type Unmerged, unmerged } from "./unmerged.js";
import { type UnsetName, unsetName } from "./unset-name.js";

/** Every kind of op that this version knows. */
export type Op =
  | AddFn
  | AddType
  | AddValue
  | SetName
  | UnsetName
  | Deprecate
  | Undeprecate
  | SetFile
  | Resolve
  | IntroduceDevice
  | CreateNamespace
  | Accept
  | Reopen
  | CreateBranch
  | NameBranch
  | SetBase
  | ArchiveBranch
  | RestoreBranch
  | ShareBranch
  | Merged
  | Unmerged;

type OpTypes = { readonly [Name in Op["type"]]: OpType<Extract<Op, { type: Name }>> };

const opTypes: OpTypes = {
  AddFn: addFn,
  AddType: addType,
  AddValue: addValue,
  SetName: setName,
  UnsetName: unsetName,
  Deprecate: deprecate,
  Undeprecate: undeprecate,
  SetFile: setFile,
  Resolve: resolve,
  IntroduceDevice: introduceDevice,
  CreateNamespace: createNamespace,
  Accept: accept,
  Reopen: reopen,
  CreateBranch: createBranch,
  NameBranch: nameBranch,
  SetBase: setBase,
  ArchiveBranch: archiveBranch,
  RestoreBranch: restoreBranch,
  ShareBranch: shareBranch,
  Merged: merged,
  Unmerged: unmerged,
};

const opTypeByNumber: ReadonlyMap<number, OpType<Op>> = new Map(
  Object.values(opTypes).map((opType) => [opType.number, opType as OpType<Op>]),
);

/** Names every kind of op this version knows: a replica that learns more tries again what it set aside (O7). */
export const knownOps: string = [...opTypeByNumber.keys()].sort((left, right) => left - right).join(",");

function typeOf(op: Op): OpType<Op> {
  return opTypes[op.type] as OpType<Op>;
}

/** The number of an op's kind in the format. */
export function opNumber(op: Op): number {
  return typeOf(op).number;
}

/** Writes an op without its number. */
export function writeOp(writer: Writer, op: Op): void {
  typeOf(op).write(writer, op);
}

/** Reads an op of the kind with this number, or null if this version does not know the kind. */
export function opReader(number: number): ((reader: Reader) => Op) | null {
  const opType = opTypeByNumber.get(number);
  return opType === undefined ? null : (reader) => opType.read(reader);
}

/** What is wrong with an op in a log, or null. */
export function validateOp(op: Op, log: LogName): string | null {
  const opType = typeOf(op);
  const slash = log.indexOf("/");
  const logType = slash < 0 ? log : log.slice(0, slash);
  if (!(opType.logs as readonly string[]).includes(logType))
    return `${op.type} does not belong in the log ${log}`;
  if (logType === "branch" && branchOfLog(log) === null) return `${log} is not named by the id of a branch`;
  return opType.validate(op, log) ?? ("supersedes" in op ? invalidOpIds(op.supersedes) : null);
}

/** What an op does to the state. */
export function effectsOf(op: Op, context: EffectContext): readonly Effect[] {
  return typeOf(op).effects(op, context);
}
