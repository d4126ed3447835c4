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
  sync: async () => (await import("./commands/sync.js")).addSync,
};
