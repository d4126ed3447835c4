import type { ConflictView } from "./conflict-view.js";
import { oneLine } from "./step-choices.js";
import { wrapped } from "./step-picture.js";
import { shellWord, shortId } from "./wording.js";

type Sides = Pick<ConflictView, "id" | "kind" | "location" | "heads" | "base">;

/** How a conflict can be settled: the command with every choice that fits it, within `columns`. */
export function settleLines(conflict: Sides, columns: number): readonly string[] {
  const { id, kind, location, heads } = conflict;
  const resolve = `Settle it: darklang conflicts resolve ${shortId(id)}`;
  if (kind === "dependency") {
    return wrapped(
      `${resolve} --accept | --file F, or: darklang edit ${shellWord(oneLine(location))}`,
      columns,
    );
  }
  const choices = choicesOf(conflict);
  if (heads.filter(({ mine }) => mine).length === 1 && heads.length === 2) {
    const others = `  or with ${[...choices, "--head HASH"].join(" | ")}`;
    return [`${resolve} --mine | --theirs`, others].flatMap((line) => wrapped(line, columns));
  }
  const sides = heads.map(({ author, hash, change }) => {
    // Where the places differ, the texts are mostly the same.
    const name = kind === "move-move" ? shortId(change) : hash === null ? "deleted" : shortId(hash);
    return `  --head ${name}  (${oneLine(author)})`;
  });
  return [...wrapped(`${resolve} ${choices.join(" | ")}, or with a side:`, columns), ...sides];
}

/** The choices beside the sides. */
function choicesOf({ kind, heads, base }: Sides): readonly string[] {
  const before = base === null ? [] : ["--base"];
  const both = kind === "move-move" || heads.every(({ hash }) => hash !== null) ? ["--both"] : [];
  switch (kind) {
    case "move-move":
      return [...both, ...before, "--delete"];
    case "both-created":
      return [...both, "--delete", "--file F", "--tool"];
    case "name-taken":
    case "kind-changed":
      return [...both, ...before, "--delete", "--file F"];
    case "edit-delete":
      return [...before, "--delete", "--file F"];
    default:
      return [...before, "--delete", "--file F", "--tool"];
  }
}
