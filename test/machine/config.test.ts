import { describe, expect, it } from "vitest";
import { checkMachineConfig, type MachineConfig, MachineConfigError } from "../../src/machine/config.ts";
import { displayConfig, testMachine } from "../support/machine.ts";

describe("a machine's configuration", () => {
  it.each<[string, MachineConfig]>([
    ["a machine without displays", { type: "none", displays: [] }],
    ["the smallest display", testMachine({ width: 320, height: 200 })],
    ["the largest display", testMachine({ width: 3840, height: 2160 })],
    ["sixteen heads", testMachine({ heads: 8, id: "a" }, { type: "qxl", heads: 8, id: "b.1-2_3" })],
  ])("takes %s", (_, config) => {
    expect(() => checkMachineConfig(config)).not.toThrow();
  });

  it.each<[MachineConfig, string]>([
    [testMachine({ width: 319 }), "display size 319x200 is not between 320x200 and 3840x2160"],
    [testMachine({ height: 199 }), "display size 320x199 is not between 320x200 and 3840x2160"],
    [testMachine({ width: 3841 }), "display size 3841x200 is not between 320x200 and 3840x2160"],
    [testMachine({ height: 2161 }), "display size 320x2161 is not between 320x200 and 3840x2160"],
    [testMachine({ width: 640.5 }), "display size 640.5x200 is not between 320x200 and 3840x2160"],
    [testMachine({ width: Number.NaN }), "display size NaNx200 is not between 320x200 and 3840x2160"],
    [testMachine({ heads: 0 }), "a display has 1 to 16 heads, not 0"],
    [testMachine({ heads: 9 }, { heads: 8 }), "17 heads in all: a machine has at most 16"],
    [testMachine({ id: "a" }, { id: "a" }), "two displays have the id 'a'"],
    [
      testMachine({ id: "a/b" }),
      "display id 'a/b' is not a letter followed by letters, digits, '-', '.', '_'",
    ],
    [{ type: "none", displays: [displayConfig()] }, "machine type 'none' takes no display: type test does"],
  ])("rejects %j with a sentence", (config, message) => {
    expect(() => checkMachineConfig(config)).toThrow(new MachineConfigError(message));
  });
});
