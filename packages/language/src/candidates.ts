import { type Location, splitLocation } from "@darksync/core/location";
import { segmentsOfPath } from "./name.js";

type Path = readonly string[];

/** Types that are found by their bare name, and by their bare cases, from everywhere. */
const option: Path = ["Darklang", "Stdlib", "Option", "Option"];
const result: Path = ["Darklang", "Stdlib", "Result", "Result"];
const everywhere: ReadonlyMap<string, Path> = new Map([
  ["Option", option],
  ["Option.Option", option],
  ["Some", option],
  ["None", option],
  ["Result", result],
  ["Result.Result", result],
  ["Ok", result],
  ["Error", result],
]);

/** The names under which a location is found from everywhere. */
export const namesEverywhere: ReadonlyMap<Location, readonly string[]> = Map.groupBy(
  everywhere.keys(),
  (name) => everywhere.get(name)?.join(".") ?? "",
);

/** The locations that a dotted name may mean when it is written inside `module`, the nearest first. */
export function candidates(name: string, module: string): readonly Location[] {
  const path = segmentsOfPath(name);
  // Builtins are part of the runtime, never of the tree.
  if (path.length === 0 || path[0] === "Builtin") return [];
  const within = segmentsOfPath(module);
  const found = new Set<Location>();
  for (const reading of readings(path)) {
    for (const place of places(reading, within)) {
      const location = place.join(".");
      if (splitLocation(location) !== null) found.add(location);
    }
  }
  return [...found];
}

/**
 * The name itself, without a version suffix, then what it may be a part of: the type of an enum case, and the value
 * whose fields are read.
 */
function readings(path: Path): Path[] {
  const found = [path];
  const unversioned = path.at(-1)?.replace(/_v\d+$/, "");
  if (unversioned !== undefined && unversioned !== path.at(-1))
    found.push([...path.slice(0, -1), unversioned]);
  if (path.length > 1) found.push(path.slice(0, -1));
  const value = path.findIndex((segment) => /^[\p{Ll}_]/u.test(segment));
  if (value !== -1 && value < path.length - 2) found.push(path.slice(0, value + 1));
  return found;
}

/** Where a name is looked up: in the module, then in each one around it, then as it stands, then by shortcut. */
function places(path: Path, module: Path): Path[] {
  const found: Path[] = [];
  for (let depth = module.length; depth >= 0; depth -= 1) found.push([...module.slice(0, depth), ...path]);
  if (path[0] === "Stdlib") found.push(["Darklang", ...path]);
  const shortcut = everywhere.get(path.join("."));
  if (shortcut !== undefined) found.push(shortcut);
  return found;
}
