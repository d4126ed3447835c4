import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { invalidOwner } from "@darksync/core/op/create-namespace";
import { invalidMemberName } from "@darksync/core/op/introduce-device";
import { createDeviceKey } from "@darksync/node/device-key";
import { makeFolder } from "@darksync/node/make-folder";
import { listOwners } from "@darksync/runtime/read/members";
import { newSpaceId } from "@darksync/runtime/relay/relay";
import { createReplica, type NewReplica } from "@darksync/runtime/replica/create-space";
import { openReplica, readFacts } from "@darksync/runtime/replica/replica";
import type { Command } from "commander";
import { type Answer, type GlobalOptions, report } from "../command.js";
import { commonPorts } from "../common-ports.js";
import { openStore } from "../open-store.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import { type Space, type SpacePaths, spaceOf, spacePaths } from "../space.js";
import { sentence } from "../wording.js";

export function addInit(program: Command): void {
  program
    .command("init [DIR]")
    .description("make a new space, with this device's key; needs no relay")
    .requiredOption("--as <name>", "your name, as others see it")
    .option("--owner <owner>", "an owner namespace to begin with (may be repeated)", collect)
    .addHelpText(
      "after",
      "\nExamples:\n  darklang init --as Ada --owner Acme\n  darklang init ~/work --as Ada",
    )
    .action(async (dir: string | undefined, options: { as: string; owner?: string[] }, command: Command) => {
      const globals = command.optsWithGlobals<GlobalOptions>();
      const owners = [...new Set(options.owner)];
      checkNames(options.as, owners);
      const paths = spacePaths(resolve(dir ?? globals.space ?? "."));
      const space = await makeSpace(paths, {
        space: newSpaceId(commonPorts.random),
        member: options.as,
        owners,
        relay: null,
        only: [],
      });
      try {
        report(describeSpace(space, "made"), space, globals);
      } finally {
        space.close();
      }
    });
}

/** Collects an option that may be repeated. */
export function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

/** Ends the command if a name is none. */
export function checkNames(member: string, owners: readonly string[]): void {
  const badMember = invalidMemberName(member);
  if (badMember !== null) wrongUsage(`${JSON.stringify(member)} is no name`, sentence(badMember));
  for (const owner of owners) {
    const badOwner = invalidOwner(owner);
    if (badOwner !== null) wrongUsage(`${JSON.stringify(owner)} is no owner`, sentence(badOwner));
  }
}

/** Makes the files of a new space, all or none of them. */
export async function makeSpace(paths: SpacePaths, made: NewReplica): Promise<Space> {
  if (existsSync(paths.dir)) {
    throw new ProblemError({
      code: "space-exists",
      message: `there is a space in ${paths.folder} already`,
      hint: "Work in it, or choose another folder.",
    });
  }
  const isNewFolder = !existsSync(paths.folder);
  makeFolder(paths.folder);
  mkdirSync(paths.dir, { mode: 0o700 });
  try {
    const signer = createDeviceKey(paths.key);
    const store = await openStore(paths, signer, true);
    const replica = await openReplica({ ...commonPorts, store, signer });
    unwrap(await createReplica(replica, made));
    return spaceOf(paths, replica);
  } catch (error) {
    removeSpace(paths, isNewFolder);
    throw error;
  }
}

/** Removes what was made of a space, and its folder if that was made for it. */
export function removeSpace({ dir, folder }: SpacePaths, isNewFolder: boolean): void {
  rmSync(dir, { recursive: true, force: true });
  if (isNewFolder && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** The answer of `init` and `join`. */
export function describeSpace({ replica, paths }: Space, verb: string): Answer {
  const { facts, owners } = replica.store.read((tables) => ({
    facts: readFacts(tables),
    owners: listOwners(tables),
  }));
  const { space, member } = facts;
  return {
    json: { space, member, owners },
    text: [
      `Space ${space.slice(0, 8)} ${verb} in ${paths.folder} for ${member}.`,
      owners.length > 0
        ? `Owners: ${owners.join(", ")}`
        : "No owner namespace yet: the first import or save makes one.",
    ].join("\n"),
  };
}
