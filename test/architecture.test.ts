import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** What each room may import, beside itself: the arrows of the house (docs/decisions/0001-house.md). */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/language": ["core"],
  "packages/log": ["core"],
  "packages/sync": ["core", "log"],
  "packages/runtime": ["core", "log", "sync"],
  "packages/node": ["core", "log", "sync", "runtime"],
  "apps/relay": ["core", "log", "sync", "runtime", "node"],
  "apps/cli": ["core", "language", "log", "sync", "runtime", "node"],
};

/** Libraries that a room may use. Pure rooms have the coding of Yjs, the core also the comparing of sequences. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  "packages/core": ["@jest/diff-sequences", "lib0"],
  "packages/language": [],
  "packages/log": ["lib0"],
  "packages/sync": ["lib0"],
  "packages/runtime": ["lib0"],
};

const pureRooms = ["packages/core", "packages/language", "packages/log", "packages/sync"];
const ioFreeRooms = [...pureRooms, "packages/runtime"];

const banned: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["a clock", /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b/],
  ["chance", /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b/],
  ["a timer", /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
  [
    "I/O",
    /["']node:|\bprocess\.|\bfetch\(|\bconsole\.|\bXMLHttpRequest\b|\bWebSocket\b|\blocalStorage\b|\bindexedDB\b/,
  ],
];

interface SourceFile {
  readonly path: string;
  readonly code: string;
}

function sourcesOf(room: string): readonly SourceFile[] {
  return globSync(`${room}/src/**/*.ts`, { cwd: root }).map((path) => ({
    path,
    code: withoutComments(readFileSync(join(root, path), "utf8")),
  }));
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf({ code }: SourceFile): readonly string[] {
  const pattern =
    /\b(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^\s*import\s+["']([^"']+)["']/gm;
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

describe.each(Object.entries(arrows))("%s", (room, allowedRooms) => {
  const sources = sourcesOf(room);
  const own = `@darksync/${room.split("/")[1]}`;

  test("imports only what its arrows allow", () => {
    expect(sources.length).toBeGreaterThan(0);
    const wrong: string[] = [];
    for (const source of sources) {
      for (const specifier of importsOf(source)) {
        const other = /^@darksync\/([^/]+)/.exec(specifier)?.[1];
        if (other !== undefined && !allowedRooms.includes(other))
          wrong.push(`${source.path} imports ${specifier}`);
        if (specifier.startsWith(own)) wrong.push(`${source.path} imports its own package by name`);
        if (specifier.startsWith(".") && leavesRoom(source.path, specifier, room)) {
          wrong.push(`${source.path} reaches out of its room: ${specifier}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("uses only libraries that are its own", () => {
    const manifest = JSON.parse(readFileSync(join(root, room, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const allowed = libraries[room];
    const wrong: string[] = [];
    for (const source of sources) {
      for (const specifier of importsOf(source)) {
        if (specifier.startsWith("node:") && allowed !== undefined)
          wrong.push(`${source.path} uses ${specifier}`);
        if (specifier.startsWith(".") || specifier.startsWith("node:")) continue;
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        if (!(name in manifest.dependencies))
          wrong.push(`${source.path} uses ${name}, which the package does not name`);
        if (allowed !== undefined && !name.startsWith("@darksync/") && !allowed.includes(name)) {
          wrong.push(`${source.path} uses ${name}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

function leavesRoom(path: string, specifier: string, room: string): boolean {
  return !join(path, "..", specifier).startsWith(`${room}/src/`);
}

test.each(pureRooms)("%s has no clock, chance, timer or I/O", (room) => {
  expect(offences(room, banned)).toEqual([]);
});

test.each(ioFreeRooms)("%s has no I/O of its own", (room) => {
  expect(
    offences(
      room,
      banned.filter(([name]) => name === "I/O"),
    ),
  ).toEqual([]);
});

function offences(room: string, patterns: typeof banned): readonly string[] {
  return sourcesOf(room).flatMap(({ path, code }) =>
    patterns.filter(([, pattern]) => pattern.test(withoutTexts(code))).map(([name]) => `${path} has ${name}`),
  );
}

/** Words in messages are no calls; import specifiers stay. */
function withoutTexts(code: string): string {
  return code.replace(/(from\s*)?(["'`])(?:\\.|(?!\2)[^\\\n])*\2/g, (text, from: string | undefined) =>
    from === undefined ? '""' : text,
  );
}

test("every runtime room names its ports' clock and chance instead of taking them", () => {
  expect(
    offences(
      "packages/runtime",
      banned.filter(([name]) => name === "a clock" || name === "chance"),
    ),
  ).toEqual([]);
});
