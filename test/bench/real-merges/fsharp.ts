import { darklang } from "@darksync/language/darklang";
import type { SourceDefinition, SourceLanguage } from "./language.ts";

/** Words between the keyword and the name that Darklang has not. */
const modifiers =
  /^([ \t]*(?:let|type|module)[ \t]+(?:rec[ \t]+)?)((?:(?:rec|inline|private|internal|public|mutable|\[<[^\n]*?>\])[ \t]+)+)/gm;

/**
 * F# (and Darklang) by the splitter of the product. Modifiers, which Darklang has not, are blotted out with blanks, a
 * `namespace` counts as a module, and a file without a head gets one.
 */
export const fsharp: SourceLanguage = {
  name: "F#",
  fileName: /(?<!AssemblyInfo)\.(?:fs|fsx|dark)$/,
  read(text) {
    const plain = text
      .replace(/^\uFEFF/, "")
      .replace(/^\[<[^\n]*>\]\s*(?=module\b)/m, "")
      .replace(/^namespace[ \t]+(?:rec[ \t]+|global\b)?/m, (word) =>
        word.includes("global") ? "module Global" : "module ",
      )
      .replace(modifiers, (_, before: string, words: string) =>
        before.trimStart().startsWith("module") ? before : before + " ".repeat(words.length),
      );
    const headed = /^module[ \t]+[\w.`]+[ \t]*(?:\/\/.*)?\r?$/m.test(plain) ? plain : `module File\n${plain}`;
    const split = darklang.splitFile(headed);
    const definitions = new Map<string, SourceDefinition>();
    for (const { location, name, text } of split.definitions)
      definitions.set(location, { name, text, language: darklang });
    return { definitions, problems: split.problems.length };
  },
};
