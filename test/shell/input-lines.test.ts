import { expect, it } from "vitest";
import { InputLines, onOneLine } from "../../src/shell/input-lines.ts";

/** What each line completes. */
function inputsOf(...lines: string[]) {
  const typed = new InputLines();
  return { inputs: lines.map((line) => typed.add(line)), isOpen: typed.isOpen };
}

it("takes a line for an input, but JSON as far as it goes", () => {
  expect(inputsOf("stop", "", '{"a":', "", "[1,", "2]}", "cont")).toEqual({
    inputs: ["stop", "", undefined, undefined, undefined, '{"a":\n\n[1,\n2]}', "cont"],
    isOpen: false,
  });
  expect(inputsOf("{")).toEqual({ inputs: [undefined], isOpen: true });
});

it("ends JSON where it goes wrong", () => {
  expect(inputsOf("{", "#", "stop")).toEqual({ inputs: [undefined, "{\n#", "stop"], isOpen: false });
});

it("forgets what is open", () => {
  const typed = new InputLines();
  typed.add("{");
  typed.drop();
  expect(typed.add("stop")).toBe("stop");
});

it("looks at no line twice", () => {
  const typed = new InputLines();
  typed.add("[");
  const startMs = performance.now();
  for (let line = 0; line < 20_000; line++) typed.add(`"a line as long as those of JSON are: ${line}",`);
  expect(typed.add("0]")).toBeDefined();
  // Looking at each as often as there are lines would take a minute.
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

it("writes JSON of several lines on one", () => {
  expect(onOneLine('{\n\t"a": "x  y",\n\n  "b": [1,\r\n2]\n}')).toBe('{ "a": "x  y", "b": [1, 2] }');
});
