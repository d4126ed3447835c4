import { splitLocation } from "@darksync/core/location";
import { failure, type Result, success } from "@darksync/core/result";
import { describeAge } from "@darksync/core/status";
import { unknownLocation } from "@darksync/runtime/edit/naming";
import { resolveName } from "@darksync/runtime/read/references";
import { isStale } from "@darksync/runtime/read/staleness";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { shortId } from "../wording.js";

export function addResolve(program: Command): void {
  program
    .command("resolve <NAME>")
    .description("tell which definition a name means")
    .option("--in <module>", "the module that the name is written in", "")
    .addHelpText(
      "after",
      `
It may be stale where this device has not synced within ten minutes, was told
to work offline, or did not reach the relay the last time.

Examples:
  darklang resolve Acme.Money.add
  darklang resolve add --in Acme.Money --json`,
    )
    .action(
      inSpace("reads", (space, _command, name: string, options: { readonly in: string }) =>
        runResolve(space, name, options.in),
      ),
    );
}

function runResolve({ replica }: Space, name: string, module: string): Answer {
  const found = replica.store.read((tables): Result<{ location: string; hash: string }> => {
    const location = resolveName(replica, tables, name, module);
    const binding = location === null ? undefined : tables.packages.nameRow(location)?.shown?.value;
    if (location !== null && binding?.type === "definition") return success({ location, hash: binding.hash });
    if (splitLocation(name) !== null) return unknownLocation(tables, name);
    const where = module === "" ? "" : ` in ${module}`;
    return failure(
      "unknown-location",
      `${name} means nothing${where}`,
      `Name the module it is written in with --in, or look for it: darklang search ${name}`,
    );
  });
  const { location, hash } = unwrap(found);
  const facts = replica.store.read(readFacts);
  const stale = isStale(facts, Date.now());
  return {
    json: { location, hash, stale },
    text: `${location} ${shortId(hash)}`,
    note: stale ? paint.dim(`May be stale: ${describeSync(facts.lastSyncedAtMs)}.`) : "",
  };
}

function describeSync(lastSyncedAtMs: number | null): string {
  return lastSyncedAtMs === null ? "never synced" : `last synced ${describeAge(lastSyncedAtMs, Date.now())}`;
}
