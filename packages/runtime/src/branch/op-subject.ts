import type { Op } from "@darksync/core/op/op";

/** What an op says something of. `note`: it goes along with ops that do what it tells. */
export type OpSubject = "packages" | "branch" | "space" | "note";

/** What an op says something of. */
export function subjectOf(op: Op): OpSubject {
  switch (op.type) {
    case "AddFn":
    case "AddType":
    case "AddValue":
    case "SetName":
    case "UnsetName":
    case "Deprecate":
    case "Undeprecate":
    case "SetFile":
      return "packages";
    case "CreateBranch":
    case "NameBranch":
    case "SetBase":
    case "ArchiveBranch":
    case "RestoreBranch":
    case "ShareBranch":
      return "branch";
    case "IntroduceDevice":
    case "CreateNamespace":
      return "space";
    case "Resolve":
    case "Accept":
    case "Reopen":
    case "Merged":
    case "Unmerged":
      return "note";
  }
}
