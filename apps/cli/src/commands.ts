import type { Command } from "commander";

/** Adds a command to the program. */
export type AddCommand = (program: Command) => void;

/**
 * The commands by name, in the order of the help. Each is loaded when it is called: every module that is loaded
 * costs start-up time.
 */
export const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  init: async () => (await import("./commands/init.js")).addInit,
  join: async () => (await import("./commands/join.js")).addJoin,
  import: async () => (await import("./commands/import.js")).addImport,
  export: async () => (await import("./commands/export.js")).addExport,
  view: async () => (await import("./commands/view.js")).addView,
  ls: async () => (await import("./commands/ls.js")).addLs,
  search: async () => (await import("./commands/search.js")).addSearch,
  resolve: async () => (await import("./commands/resolve.js")).addResolve,
  refs: async () => (await import("./commands/refs.js")).addRefs,
  save: async () => (await import("./commands/save.js")).addSave,
  edit: async () => (await import("./commands/edit.js")).addEdit,
  rm: async () => (await import("./commands/rm.js")).addRm,
  mv: async () => (await import("./commands/mv.js")).addMv,
  deprecate: async () => (await import("./commands/deprecate.js")).addDeprecate,
  undo: async () => (await import("./commands/undo.js")).addUndo,
  log: async () => (await import("./commands/log.js")).addLog,
  diff: async () => (await import("./commands/diff.js")).addDiff,
  branch: async () => (await import("./commands/branch.js")).addBranch,
  rebase: async () => (await import("./commands/rebase.js")).addRebase,
  merge: async () => (await import("./commands/merge.js")).addMerge,
  status: async () => (await import("./commands/status.js")).addStatus,
  doctor: async () => (await import("./commands/doctor.js")).addDoctor,
  sync: async () => (await import("./commands/sync.js")).addSync,
  queue: async () => (await import("./commands/queue.js")).addQueue,
  offline: async () => (await import("./commands/offline.js")).addOffline,
  conflicts: async () => (await import("./commands/conflicts.js")).addConflicts,
  cache: async () => (await import("./commands/cache.js")).addCache,
  bundle: async () => (await import("./commands/bundle.js")).addBundle,
};
