import { expect, it } from "vitest";
import { commandDocs } from "../../src/cli/command-docs.ts";
import { JsonDouble } from "../../src/qjson/value.ts";
import { plain } from "../../src/shell/colors.ts";
import { commandHelp, overview } from "../../src/shell/help.ts";
import { answerText, valueText } from "../../src/shell/value-text.ts";
import { OWN_SCHEMA, SHAPES } from "./schema.ts";

function helpOf(name: string, schema = OWN_SCHEMA): string {
  const command = schema.command(name);
  if (command === undefined) throw new Error(`there is no ${name}`);
  return commandHelp(command, docOf(name), plain);
}

const docOf = commandDocs(new URL("../../schema/qapi-schema.json", import.meta.url));

it("help of every command of this project tells each argument and explains it", () => {
  for (const name of OWN_SCHEMA.commandNames) {
    const doc = docOf(name);
    expect(doc?.summary, name).not.toBe("");
    const { args } = OWN_SCHEMA.command(name) ?? { args: undefined };
    for (const member of args?.members ?? []) {
      expect(doc?.members.get(member.name), `${name}: ${member.name}`).toBeDefined();
      expect(helpOf(name)).toContain(`  ${member.name}=`);
    }
  }
});

it("help of a command that this project does not have tells what the server's schema says", () => {
  expect(helpOf("shape", SHAPES)).toBe(`shape

Arguments:
  count=int (optional)
  size=number (optional)
  flag=bool (optional)
  name=str (optional)
  nothing=null (optional)
  any=any (optional)
  numbers=[int] (optional)
  backing=str or null or object (optional)
  inner=object (optional)
  list=[object] (optional)
  color=red|green (optional, deprecated)
  colors=[red|green] (optional)

Returns: nothing
`);
});

it("help lists the commands in columns, or says that the server tells none", () => {
  expect(overview(SHAPES, 80)).toContain("Commands of this server:\n  device_add  shape\n");
  expect(overview(undefined, 80)).toContain("This server does not tell which commands it has.\n");
});

it("a value stands on one line if it fits, and long strings are cut", () => {
  const value = { a: [1, 2n ** 64n - 1n, new JsonDouble(0.5)], b: { c: null, d: true } };
  expect(valueText(value, plain, 100)).toBe(
    '{"a": [1, 18446744073709551615, 0.5], "b": {"c": null, "d": true}}',
  );
  expect(valueText(value, plain, 40)).toBe(
    '{\n  "a": [1, 18446744073709551615, 0.5],\n  "b": {"c": null, "d": true}\n}',
  );
  expect(valueText("x".repeat(1_000), plain, 80)).toBe(`"${"x".repeat(400)}"... 600 more`);
});

it("a string has the letters of any language, and shows what a terminal would obey or hide", () => {
  expect(valueText({ 名: 'größe 😀\n"' }, plain, 80)).toBe('{"名": "größe 😀\\n\\""}');
  expect(valueText("\u009b\u202e\u2028\ud800\u{e0001}", plain, 80)).toBe(
    '"\\u009B\\u202E\\u2028\\ud800\\uDB40\\uDC01"',
  );
});

it("a text of several lines that a command returned stands as it was written", () => {
  const [text, shown] = ["CPU#0\r\nEAX=0\t\u001b[2J\r\n", "\nCPU#0\nEAX=0\t\\x1b[2J"];
  expect(answerText(text, plain, 80)).toBe(shown);
  expect(answerText({ "human-readable-text": text }, plain, 80)).toBe(shown);
  expect(answerText(`${"x\n".repeat(20_000)}`, plain, 80).endsWith("x... 7232 more")).toBe(true);
  for (const other of ["one line", { other: text }, { "human-readable-text": text, other: 1 }, [text]]) {
    expect(answerText(other, plain, 80)).toBe(valueText(other, plain, 80));
  }
});
