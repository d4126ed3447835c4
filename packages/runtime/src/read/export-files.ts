import { greatest } from "@darksync/core/deprecation";
import { layOut } from "@darksync/core/layout";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { soundText } from "./sound-text.js";

/** A file of an export. */
export interface ExportedFile {
  readonly path: string;
  readonly text: string;
}

const namesAtOnce = 2000;

/** The current view as files: imported ones as they were, with edits in their places (O9). */
export function exportFiles(
  replica: Pick<Replica, "language" | "hash">,
  tables: ReplicaTables,
): { readonly files: readonly ExportedFile[]; readonly definitions: number } {
  const layouts = tables.packages.registers("file").flatMap(({ key, heads }) => {
    const skeleton = greatest(heads)?.value.skeleton;
    return skeleton === undefined || skeleton.length === 0 || !isSafePath(key)
      ? []
      : [{ path: key, skeleton }];
  });
  const locations: string[] = [];
  for (let after: string | undefined; ; ) {
    const rows = tables.packages.names("", namesAtOnce, after);
    for (const { location, shown } of rows) if (shown?.value.type === "definition") locations.push(location);
    after = rows.at(-1)?.location;
    if (after === undefined) break;
  }
  const files = layOut(replica.language, layouts, locations, {
    textAt: (location) => {
      const binding = tables.packages.nameRow(location)?.shown?.value;
      return binding?.type === "definition" ? soundText(replica, tables, binding.hash) : null;
    },
    movedTo: (location) => {
      const binding = tables.packages.nameRow(location)?.shown?.value;
      return binding?.type === "nothing" ? binding.movedTo : null;
    },
  });
  return { files, definitions: locations.length };
}

/** A layout comes from other people too: none may name what other programs read, such as `.git/config`. */
function isSafePath(path: string): boolean {
  return path.endsWith(".dark") && !path.split("/").some((part) => part.startsWith("."));
}
