import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBlkdebugConfig } from "../../src/commands/blkdebug-config.ts";
import { QmpError } from "../../src/qmp/errors.ts";

const EVENT = 'event = "read_aio"\n';

/** What QEMU 7.2 answers: "" when it takes the text. */
const ANSWERS: readonly (readonly [text: string, error: string])[] = [
  ["", ""],
  [`[inject-error]\n${EVENT}errno = "5"\nstate = "1"\n\n# c\n[set-state]\n${EVENT}new_state = "2"\n`, ""],
  [`[inject-error]\n${EVENT}[inject-error]\n${EVENT}`, ""],
  [`[inject-error] behind\n${EVENT}`, ""],
  ['[inject-error]\n  event    =   "read_aio" behind\n', ""],
  ['[inject-error]\nevent = "read_aio"', ""],
  ['[inject-error]\nevent = "zz"\nevent = "read_aio"\n', ""],
  [`[inject-error]\n${EVENT}errno = "-1"\n`, ""],
  [`[inject-error]\n${EVENT}once = "yes"\nimmediately = "true"\n`, ""],
  [`[inject-error  "a"]\n${EVENT}[set-state "a"]\n${EVENT}`, ""],
  ['[inject-error]\nevent = "none"\niotype = "write-zeroes"\n', ""],
  ["   \n", "parse error"],
  [`[inject-error]\r\n${EVENT}\r\n`, "parse error"],
  [EVENT, "no group defined"],
  [`  [inject-error]\n${EVENT}`, "no group defined"],
  [`[]\n${EVENT}`, "no group defined"],
  [`[foo]\n${EVENT}`, "There is no option group 'foo'"],
  [`[ inject-error ]\n${EVENT}`, "There is no option group ' inject-error '"],
  [`[inject-error ""]\n${EVENT}`, "There is no option group 'inject-error \"\"'"],
  [`[a"b"]\n${EVENT}`, "There is no option group 'a\"b\"'"],
  [`[inject-error\n${EVENT}`, "There is no option group 'inject-error\n'"],
  [`[inject-error "1a"]\n${EVENT}`, "Parameter 'id' expects an identifier"],
  [`[inject-error "a\n${EVENT}`, "Parameter 'id' expects an identifier"],
  [`[inject-error "a"]\n${EVENT}[inject-error "a"]\n${EVENT}`, "Duplicate ID 'a' for inject-error"],
  [`[inject-error]\n${EVENT}id = "x"\n[inject-error "x"]\n${EVENT}`, "Duplicate ID 'x' for inject-error"],
  [`[inject-error]\n${EVENT}zz = "1"\n`, "Invalid parameter 'zz'"],
  [`[set-state]\n${EVENT}errno = "5"\n`, "Invalid parameter 'errno'"],
  ['[inject-error]\nevent="read_aio"\n', "Invalid parameter 'event=\"read_aio\"'"],
  [`[inject-error]\n${EVENT}errno = "x"\n`, "Parameter 'errno' expects a number"],
  [`[inject-error]\n${EVENT}errno = "5x"\n`, "Parameter 'errno' expects a number"],
  [`[inject-error]\n${EVENT}errno = "0x10"\nsector = ""\n`, "Parameter 'sector' expects a number"],
  [`[set-state]\n${EVENT}new_state = "q"\n`, "Parameter 'new_state' expects a number"],
  [
    `[inject-error]\n${EVENT}errno = "99999999999999999999999"\n`,
    "Value '99999999999999999999999' is too large for parameter 'errno'",
  ],
  [`[inject-error]\n${EVENT}once = "yep"\n`, "Parameter 'once' expects 'on' or 'off'"],
  ['[inject-error]\nerrno = "5"\n', "Missing event name for rule"],
  ['[inject-error]\nevent = "zzz"\n', "invalid parameter value: zzz"],
  ['[inject-error]\nevent = ""\n', "invalid parameter value: "],
  ["[inject-error]\nevent = read_aio\n", "invalid parameter value: "],
  ["[inject-error]\nevent read\n", "invalid parameter value: "],
  [`[inject-error]\n${EVENT}iotype = "yep"\n`, "invalid parameter value: yep"],
  ['[set-state]\nevent = "zzz"\n[inject-error]\nevent = "yyy"\n', "invalid parameter value: yyy"],
];

describe("parseBlkdebugConfig", () => {
  it.each(ANSWERS)("answers %j as QEMU does: %s", (text, error) => {
    if (error === "") expect(() => parseBlkdebugConfig(text)).not.toThrow();
    else expect(() => parseBlkdebugConfig(text)).toThrow(new QmpError(error));
  });

  it("fills in what a rule does not say", () => {
    expect(parseBlkdebugConfig(`[inject-error]\n${EVENT}`)).toEqual([
      {
        action: "inject-error",
        event: "read_aio",
        state: 0n,
        errno: 5n,
        sector: undefined,
        iotype: undefined,
        once: false,
        immediately: false,
      },
    ]);
  });

  it("reads numbers as C does", () => {
    const text = `[inject-error]\n${EVENT}state = "0x10"\nerrno = "010"\nsector = "-1"\n`;
    expect(parseBlkdebugConfig(text)).toMatchObject([{ state: 16n, errno: 8n, sector: 2n ** 64n - 1n }]);
  });

  it("throws nothing but QmpError, whatever it reads", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom("[inject-error]", "[set-state", EVENT, 'a = "', "#", "\n"),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          parseBlkdebugConfig(lines.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(QmpError);
        }
      }),
    );
  });

  it("reads a line that is too long in pieces", () => {
    // The second piece begins in the middle of the value and is an option of its own.
    const text = `[inject-error]\n${EVENT}iotype = "${"x".repeat(1100)}"\n`;
    expect(() => parseBlkdebugConfig(text)).toThrow(/^Invalid parameter 'x{63}'$/);
  });
});
