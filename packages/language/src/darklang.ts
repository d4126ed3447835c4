import type { DefinitionKind } from "@darksync/core/definition";
import type { Language } from "@darksync/core/language";
import { candidates } from "./candidates.js";
import { sameInterface } from "./interface.js";
import { addSlots, moduleOfFile, newFile } from "./layout.js";
import { mentionFilter } from "./mention-filter.js";
import { parseDefinition } from "./parse-definition.js";
import { printFile } from "./print-file.js";
import { references } from "./references.js";
import { splitFile } from "./split-file.js";
import { tokens } from "./tokens.js";

const keywords: Readonly<Record<DefinitionKind, string>> = { fn: "let", type: "type", value: "val" };

/** Darklang. The rules are in `SPEC.md`. */
export const darklang: Language = {
  splitFile,
  printFile,
  addSlots,
  moduleOfFile,
  newFile,
  parseDefinition,
  tokens,
  references,
  candidates,
  mentionFilter,
  sameInterface,
  keywordOf: (kind) => keywords[kind],
};
