import { createRequire } from "node:module";
import { join } from "node:path";
import type { DefinitionKind, DefinitionText } from "@darksync/core/definition";
import type { LanguageProblem, ParsedDefinition } from "@darksync/core/language";
import type { MergeLanguage, SourceDefinition, SourceLanguage } from "./language.ts";

/** As much of a syntax tree (ESTree) as is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly kind?: string;
  readonly computed?: boolean;
  readonly id?: Node | null;
  readonly key?: Node;
  readonly value?: Node | null;
  readonly declaration?: Node | null;
  readonly declarations?: readonly Node[];
  readonly body?: Node | readonly Node[] | null;
}

interface Parser {
  parseSync(
    fileName: string,
    text: string,
    options: { readonly lang: "ts" | "tsx" },
  ): { readonly program: { readonly body: readonly Node[] }; readonly errors: readonly unknown[] };
}

type Tokenizer = (text: string, options: { readonly jsx: boolean }) => Iterable<{ readonly value: string }>;

/** A declaration and where its name stands. */
interface Declaration {
  readonly path: string;
  readonly kind: DefinitionKind;
  readonly name: Node;
  readonly whole: Node;
  readonly isMember: boolean;
}

/** TypeScript by a parser and a tokenizer that are installed in this folder only. */
export function loadTypescript(): SourceLanguage {
  const require = createRequire(join(import.meta.dirname, "package.json"));
  const parser = require("oxc-parser") as Parser;
  const tokenizer = require("js-tokens") as Tokenizer;
  const parse = (text: string) => {
    for (const lang of ["ts", "tsx"] as const) {
      const { program, errors } = parser.parseSync(`file.${lang}`, text, { lang });
      if (errors.length === 0) return program.body;
    }
    return null;
  };
  const languageOf = (before: string, after: string): MergeLanguage => ({
    tokens: (text) => [...tokenizer(text, { jsx: true })].map(({ value }) => value),
    parseDefinition: (text) => {
      const body = parse(before + text + after);
      return body === null
        ? { line: 1, reason: "not well-formed" }
        : onlyDeclaration(body, text, before.length);
    },
  });
  const statement = languageOf("", "");
  const member = languageOf("class Any extends Other {\n", "\n}");
  return {
    name: "TypeScript",
    fileName: /(?<!\.d|\.generated)\.tsx?$/,
    read(text) {
      const body = parse(text);
      const definitions = new Map<string, SourceDefinition>();
      if (body === null) return { definitions, problems: 1 };
      const twice = new Set<string>();
      for (const found of body.flatMap((node) => declarationsIn(node, ""))) {
        if (definitions.has(found.path)) twice.add(found.path);
        const { name, isMember } = found;
        const language = isMember ? member : statement;
        definitions.set(found.path, {
          name: text.slice(name.start, name.end),
          text: cut(text, found, 0),
          language,
        });
      }
      for (const path of twice) definitions.delete(path);
      return { definitions, problems: twice.size };
    },
  };
}

function onlyDeclaration(
  body: readonly Node[],
  text: string,
  offset: number,
): ParsedDefinition | LanguageProblem {
  const all = body.flatMap((node) => declarationsIn(node, ""));
  const found =
    offset === 0 ? all.filter(({ isMember }) => !isMember) : all.filter(({ isMember }) => isMember);
  const [only] = found;
  const isWhole = only?.whole.start === offset && only.whole.end === offset + text.length;
  if (only === undefined || found.length > 1 || body.length > 1 || !isWhole)
    return { line: 1, reason: "not one definition" };
  return {
    name: text.slice(only.name.start - offset, only.name.end - offset),
    text: cut(text, only, offset),
    doc: "",
    signature: { parameters: [], result: null },
  };
}

function cut(text: string, { kind, name, whole }: Declaration, offset: number): DefinitionText {
  const head = text.slice(whole.start - offset, name.start - offset);
  return { kind, head, tail: text.slice(name.end - offset, whole.end - offset) };
}

/** The functions, methods, types and constants that a statement declares, those of namespaces and classes too. */
function declarationsIn(statement: Node, path: string): readonly Declaration[] {
  const node = statement.declaration ?? statement;
  const declared = (kind: DefinitionKind, name: Node | null | undefined): readonly Declaration[] =>
    name?.type === "Identifier"
      ? [{ path: `${path}${name.name}`, kind, name, whole: statement, isMember: false }]
      : [];
  const inner = `${path}${node.id?.name}.`;
  switch (node.type) {
    case "FunctionDeclaration":
      return declared("fn", node.id);
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "TSEnumDeclaration":
      return declared("type", node.id);
    case "VariableDeclaration":
      return node.declarations?.length === 1 ? declared("value", node.declarations[0]?.id) : [];
    case "ClassDeclaration":
      return bodyOf(node).flatMap((member) => methodIn(member, inner));
    case "TSModuleDeclaration":
      return bodyOf(node).flatMap((child) => declarationsIn(child, inner));
    default:
      return [];
  }
}

function methodIn(member: Node, path: string): readonly Declaration[] {
  const { key } = member;
  if (member.type !== "MethodDefinition" || member.computed || key?.type !== "Identifier") return [];
  const prefix = member.kind === "get" || member.kind === "set" ? `${member.kind} ` : "";
  return [{ path: `${path}${prefix}${key.name}`, kind: "fn", name: key, whole: member, isMember: true }];
}

function bodyOf(node: Node): readonly Node[] {
  const block = node.body;
  if (block === null || block === undefined || !("body" in block)) return [];
  return Array.isArray(block.body) ? block.body : [];
}
