/**
 * A place in the package tree, `Owner.Module.name`. Segments are separated by dots; a segment may be
 * quoted with double backticks (``` ``odd name`` ```), and then holds any character but a backtick or a line break.
 * It is well-formed Unicode: half a surrogate pair would come back from its bytes as something else.
 */
export type Location = string;

const segmentPattern = /``[^`\r\n]+``|[^\s.`]+/y;

/** Longest location that is accepted, in UTF-16 units. */
export const maxLocationLength = 1024;

// Each save asks for the owner, the name and the segments of one location several times.
let last: { readonly location: Location; readonly segments: readonly string[] | null } = {
  location: "",
  segments: null,
};

/** The segments of a location, or null if it is not well-formed (at least an owner and a name are needed). */
export function splitLocation(location: Location): readonly string[] | null {
  if (last.location !== location) last = { location, segments: split(location) };
  return last.segments;
}

function split(location: Location): readonly string[] | null {
  if (location.length > maxLocationLength || !location.isWellFormed()) return null;
  const segments: string[] = [];
  let position = 0;
  for (;;) {
    segmentPattern.lastIndex = position;
    const match = segmentPattern.exec(location);
    if (match === null) return null;
    segments.push(match[0]);
    position = segmentPattern.lastIndex;
    if (position === location.length) break;
    if (location[position] !== ".") return null;
    position += 1;
  }
  return segments.length < 2 ? null : segments;
}

/** The last segment of a well-formed location: the name of its definition. */
export function nameOf(location: Location): string {
  return segmentsOf(location).at(-1) ?? location;
}

/** All segments but the last of a well-formed location, joined by dots. */
export function moduleOf(location: Location): string {
  return segmentsOf(location).slice(0, -1).join(".");
}

/** The first segment of a well-formed location: the owner namespace it belongs to. */
export function ownerOf(location: Location): string {
  return segmentsOf(location)[0] ?? location;
}

function segmentsOf(location: Location): readonly string[] {
  const segments = splitLocation(location);
  if (segments === null) throw new Error(`not a location: ${location}`);
  return segments;
}
