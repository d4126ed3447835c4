import type { DefinitionKind } from "@darksync/core/definition";
import type { Parameter, Signature } from "@darksync/core/language";
import fc from "fast-check";

/** A line of a definition at column 0; a raw one is never indented: it is blank, or begins inside something. */
export interface GeneratedLine {
  readonly text: string;
  readonly isRaw: boolean;
}

/** A definition before it has its number. */
export interface GeneratedDefinition {
  readonly keyword: "let" | "val" | "type";
  readonly quoting: "plain" | "needless" | "needed";
  readonly doc: readonly string[];
  readonly typeParameters: readonly string[];
  readonly parameters: readonly WrittenParameter[];
  readonly result: string | null;
  readonly isMultiLine: boolean;
  readonly body: readonly (readonly GeneratedLine[])[];
}

interface WrittenParameter extends Parameter {
  readonly text: string;
}

function lines(...texts: string[]): GeneratedLine[] {
  return texts.map((text) => ({ text, isRaw: text.trim() === "" }));
}

/** A first line, then lines that begin inside the string or comment it opens. */
function opened(first: string, ...rest: string[]): GeneratedLine[] {
  return [{ text: first, isRaw: false }, ...rest.map((text) => ({ text, isRaw: true }))];
}

const piece = fc.constantFrom<GeneratedLine[]>(
  lines("  helper 1 2"),
  lines("  say \"let x (a: Int) = (\" '(' '\"' '\\'' '👩‍🚀' x'"),
  lines('  // let inComment (x: Int) = " (* ['),
  lines("", "  afterBlank 1", "    ", "  // trailing thought", "  last"),
  lines("// at the column of the declaration", "  more 1"),
  lines("  [ 1", "]"),
  lines("  { a = 1", "}"),
  lines("  (f", "    1", ")"),
  lines("| Case of Int", "| Other of name: String"),
  lines("  ``odd ( name`` 1 ``to``"),
  lines("  call<'a> (fun (x: 'b) -> x.field) (*) 2"),
  lines('  $"{f "}" {r with a = { b = 1 }}} {{ let y = ( {g $"{h "(*"}"}"'),
  lines('  """let z = " (* \\"""'),
  lines('  $"""{{ "quoted" {f """x"""} """'),
  opened('  "first', "let notADefinition (x: Int) =", '  type No = \\" | ]"'),
  opened('  """', "module Not.A.Module", "val no = 1", "", '  " """'),
  opened('  $"{list', "  |> join", ' "," } and', 'let neither = 1"'),
  opened("  (* a (* let x = 1", "let y = 2 *)", 'module Z = " *)'),
  lines("  /// no documentation in here", "  let inner (x: Int) = x", "  type Inner = Int", "  inner 1"),
);

const parameter = fc.constantFrom<WrittenParameter>(
  { text: "()", name: "()", type: null },
  { text: "(a: Int)", name: "a", type: "Int" },
  { text: "(x')", name: "(x')", type: null },
  { text: "bare", name: "bare", type: null },
  { text: "(f: 'a -> List<'b>)", name: "f", type: "'a -> List<'b>" },
  { text: "( t  :  (Int * String) )", name: "t", type: "(Int * String)" },
  { text: "(``to``: Stdlib.Option.Option<Int>)", name: "``to``", type: "Stdlib.Option.Option<Int>" },
);

const docLine = fc.constantFrom(
  "/// What it does.",
  "///",
  "///no space",
  '///   let indented (x: Int) = "',
  "// a note between",
);

/** One well-formed definition. */
export const definition: fc.Arbitrary<GeneratedDefinition> = fc.record({
  keyword: fc.constantFrom("let", "let", "val", "type"),
  quoting: fc.constantFrom("plain", "plain", "needless", "needed"),
  doc: fc
    .array(docLine, { maxLength: 3 })
    .map((doc) => doc.slice(doc.findIndex((line) => line.startsWith("///")))),
  typeParameters: fc.constantFrom<string[]>([], [], ["'a"], ["'a", "'key"]),
  parameters: fc.array(parameter, { maxLength: 3 }),
  result: fc.constantFrom(null, "Int", "Stdlib.Result.Result<List<'a>, String>", "(Int * 'b) -> Unit"),
  isMultiLine: fc.boolean(),
  body: fc.array(piece, { maxLength: 4 }),
});

/** Writes a definition down, named by its number. */
export function layOut(
  generated: GeneratedDefinition,
  number: number,
): { lines: GeneratedLine[]; name: string; kind: DefinitionKind; doc: string; signature: Signature } {
  const { keyword } = generated;
  const bare = keyword === "type" ? `Thing${number}` : `thing${number}'`;
  const odd = `\`\`odd (name) "${number}\`\``;
  const name = generated.quoting === "needed" ? odd : bare;
  const written = generated.quoting === "needless" ? `\`\`${bare}\`\`` : name;
  const doc = generated.doc.some((line) => line.startsWith("///")) ? generated.doc : [];
  const parameters = keyword === "let" ? generated.parameters : [];
  const typeParameters = keyword === "val" ? [] : generated.typeParameters;
  const result = keyword === "type" ? null : generated.result;
  const generics = typeParameters.length === 0 ? "" : `<${typeParameters.join(", ")}>`;
  const parts = [...parameters.map((one) => one.text), ...(result === null ? [] : [`: ${result}`])];
  const head = `${keyword} ${written}${generics}`;
  const signature = generated.isMultiLine
    ? lines(head, ...parts.map((part) => `  ${part} // =`), "  =")
    : lines(`${[head, ...parts].join(" ")} =`);
  return {
    lines: [...lines(...doc), ...signature, ...lines("  start 1"), ...generated.body.flat()],
    name,
    kind:
      keyword === "type"
        ? "type"
        : keyword === "let" && parameters.length + typeParameters.length > 0
          ? "fn"
          : "value",
    doc: doc
      .filter((line) => line.startsWith("///"))
      .map((line) => line.slice(3).replace(/^ /, ""))
      .join("\n"),
    signature: {
      parameters: [
        ...typeParameters.map((one) => ({ name: one, type: null })),
        ...parameters.map((one) => ({ name: one.name, type: one.type })),
      ],
      result,
    },
  };
}
