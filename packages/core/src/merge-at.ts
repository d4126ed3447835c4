import type { DefinitionText } from "./definition.js";
import type { Location } from "./location.js";
import { HeadMerge, type MergePorts } from "./merge-heads.js";
import { NamingGraph } from "./naming-graph.js";
import { linkGroupOf, loneGroup, type NamingSource } from "./naming-source.js";
import type { OpId } from "./op-id.js";
import type { Binding } from "./register.js";

/** What a merge comes to. */
export interface Merged {
  readonly binding: Binding;
  /** The text, where no naming brought it. */
  readonly text: DefinitionText | null;
}

/**
 * Merges heads at a location, of itself or of others that moves link it with, wherever they belong by the rules.
 * Null where that is no clean merge.
 */
export function mergeAt(
  ports: MergePorts,
  source: NamingSource,
  location: Location,
  heads: readonly OpId[],
): Merged | null {
  const graph = new NamingGraph(linkGroupOf(source, location) ?? loneGroup(source, location));
  const merge = new HeadMerge(ports, graph, (hash) => source.text(hash), location);
  const binding = merge.merge([...heads].sort());
  if (binding === null) return null;
  return { binding, text: binding.type === "definition" ? merge.textOf(binding.hash) : null };
}

/** What heads had in common before they parted: their nearest common ancestor, or the clean merge of several. */
export function commonBase(
  ports: MergePorts,
  source: NamingSource,
  location: Location,
  heads: readonly OpId[],
): Merged | null {
  const graph = new NamingGraph(linkGroupOf(source, location) ?? loneGroup(source, location));
  const nearest = graph.nearestCommonAncestors(heads.map((id) => graph.historyOf(id)));
  return nearest.length === 0 ? null : mergeAt(ports, source, location, nearest);
}
