import type { DefinitionText } from "@darksync/core/definition";
import type { Language } from "@darksync/core/language";

/** What a merge needs of a language. */
export type MergeLanguage = Pick<Language, "tokens" | "parseDefinition">;

/** A definition as a file of somebody's repository has it. */
export interface SourceDefinition {
  readonly name: string;
  readonly text: DefinitionText;
  readonly language: MergeLanguage;
}

/** What was found in a file: definitions by their path, and how many things were not understood. */
export interface SourceFile {
  readonly definitions: ReadonlyMap<string, SourceDefinition>;
  readonly problems: number;
}

/** Cuts files of a programming language into definitions. */
export interface SourceLanguage {
  readonly name: "F#" | "TypeScript";
  readonly fileName: RegExp;
  read(text: string): SourceFile;
}
