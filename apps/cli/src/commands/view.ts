import { findConflict } from "@darksync/runtime/read/conflicts";
import { type ViewedDefinition, viewDefinition, viewDefinitionAt } from "@darksync/runtime/read/definition";
import { momentOf } from "@darksync/runtime/read/past";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { markSymbol } from "../mark-symbol.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { describeMerge, shortId } from "../wording.js";

export function addView(program: Command): void {
  program
    .command("view <LOCATION>")
    .description("show a definition")
    .option("--at <when>", "as this device had it then: a time, or a change of `darklang log`")
    .addHelpText(
      "after",
      `
Examples:
  darklang view Acme.Money.add
  darklang view Acme.Money.add --at 2026-11-22T17:00
  darklang view Acme.Money.add --at 3f2a1b9c0d1e`,
    )
    .action(
      inSpace("reads", (space, _command, location: string, { at }: { readonly at?: string }) =>
        runView(space, location, at),
      ),
    );
}

function runView(space: Space, location: string, at: string | undefined): Answer {
  const definition = viewed(space, location, at);
  const { head: _head, ...json } = definition;
  return { json: { definition: json }, text: definition.source, note: describe(space, definition, at) };
}

function viewed({ replica }: Space, location: string, at: string | undefined): ViewedDefinition {
  return unwrap(
    replica.store.read((tables) => {
      if (at === undefined) return viewDefinition(replica, tables, location);
      const moment = momentOf(tables, at);
      return moment.ok ? viewDefinitionAt(replica, tables, location, moment.value) : moment;
    }),
  );
}

function describe(space: Space, definition: ViewedDefinition, at: string | undefined): string {
  const { kind, hash, mark, deprecation, conflict, mergedFrom } = definition;
  const parts = [
    kind,
    shortId(hash),
    `${markSymbol(mark)} ${mark}`,
    ...(at === undefined ? [] : [`as of ${at}`]),
  ];
  const lines = [paint.dim(parts.join(" · "))];
  if (deprecation !== null)
    lines.push(paint.yellow(deprecation === "" ? "Deprecated." : `Deprecated: ${deprecation}`));
  if (conflict !== null) lines.push(...describeConflict(space, conflict, at));
  else lines.push(...describeMerge(mergedFrom).map(paint.cyan));
  return [...(process.stdout.isTTY ? [""] : []), ...lines].join("\n");
}

function describeConflict({ replica }: Space, id: string, at: string | undefined): readonly string[] {
  const found = replica.store.read((tables) => findConflict(replica, tables, id));
  if (!found.ok) return [paint.yellow(`! In conflict at the time (${at}): this is one of the versions.`)];
  const { kind, heads } = found.value;
  return [
    paint.yellow(
      `! In conflict (${kind}): this is one of ${heads.length} versions, picked to show something.`,
    ),
    `  See and settle them: darklang conflicts show ${shortId(id)}`,
  ];
}
