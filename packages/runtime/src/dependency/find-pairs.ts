import type { DefinitionText } from "@darksync/core/definition";
import { renderDefinition } from "@darksync/core/definition";
import type { Language } from "@darksync/core/language";
import { moduleOf, nameOf } from "@darksync/core/location";
import type { DependencyPair } from "../store/dependency-store.js";
import type { PackageStore } from "../store/package-store.js";
import type { Naming } from "./namings.js";

/**
 * Of two concurrent sets of namings: what one names anew and a text of the other may mean, and the other way round.
 * A text that is not held here may mean anything.
 */
export function findPairs(
  language: Language,
  packages: Pick<PackageStore, "text">,
  left: readonly Naming[],
  right: readonly Naming[],
  add: (pair: DependencyPair) => void,
): void {
  findUses(language, packages, left, right, add);
  findUses(language, packages, right, left, add);
}

function findUses(
  language: Language,
  packages: Pick<PackageStore, "text">,
  changed: readonly Naming[],
  users: readonly Naming[],
  add: (pair: DependencyPair) => void,
): void {
  const definitions = new Set(changed.filter((naming) => naming.isReplacing).map(({ location }) => location));
  if (definitions.size === 0) return;
  const mayMention = language.mentionFilter(definitions);
  for (const naming of users) {
    if (naming.text === null) continue;
    const { location: user } = naming;
    const text = typeof naming.text === "string" ? packages.text(naming.text) : naming.text;
    if (text !== null && !mayMention(text.tail) && !mayMention(text.head)) continue;
    const meant = text === null ? definitions : mayMean(language, text, user);
    for (const definition of meant)
      if (definition !== user && definitions.has(definition)) add({ definition, user });
  }
}

function* mayMean(language: Language, text: DefinitionText, user: string): Generator<string> {
  for (const name of language.references(renderDefinition(text, nameOf(user))))
    yield* language.candidates(name, moduleOf(user));
}
