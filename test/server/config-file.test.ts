import { describe, expect, it } from "vitest";
import { ConfigError, defaultLimits } from "../../src/server/config.ts";
import { parseConfigFile } from "../../src/server/config-file.ts";

it("reads every key", async () => {
  const config = await parseConfigFile(
    `workers: 3
limits: { async-in-flight: 8, stalled-peer-ms: 1e3 }
allow-remote: true
machines:
  - { name: vm1, uuid: 2F4A6A0E-6D6C-4B0E-9D8F-0F5C8B1A7E11, qmp: ["unix:a", stdio], stopped: true }
  - { type: none, qmp: ["tcp:[::1]:1"], preconfig: true, qtest: true }
  - { type: test, displays: ["qxl:640x480,heads=2"], qmp: ["unix:b"], plugins: ["./a.js", b.js] }
  - { type: test, qmp: ["unix:c"] }
  - { qmp: ["unix:d"], memory: 64, bios: b, vga-bios: v, hda: h, cdrom: c, fda: f, snapshot: true, kernel: k,
      initrd: i, append: a, boot: dc, no-reboot: true, no-shutdown: true, triple-fault: panic, serial: "unix:s",
      snapshots: ./kept }
`,
    "f.yaml",
  );
  expect(config).toMatchObject({
    workers: 3,
    limits: { ...defaultLimits(), asyncInFlightMax: 8, stalledPeerMs: 1000 },
    allowRemote: true,
    machines: [
      {
        name: "vm1",
        uuid: "2f4a6a0e-6d6c-4b0e-9d8f-0f5c8b1a7e11",
        qmp: [{ kind: "unix", path: "a" }, { kind: "stdio" }],
        stopped: true,
        machine: {
          type: "pc",
          displays: [],
          pc: { memoryBytes: 2 ** 24, drives: [], isSnapshot: false, isNoReboot: false, bootOrder: "cad" },
        },
      },
      { machine: { type: "none", displays: [] }, preconfig: true, qtest: true, stopped: false },
      { machine: { displays: [{ type: "qxl", heads: 2 }] }, plugins: ["./a.js", "b.js"] },
      { machine: { type: "test", displays: [{ type: "VGA", width: 1024, height: 768 }] } },
      {
        machine: {
          pc: {
            memoryBytes: 2 ** 26,
            biosFile: "b",
            vgaBiosFile: "v",
            drives: [
              { drive: "ide0-hd0", file: "h" },
              { drive: "ide1-cd0", file: "c" },
              { drive: "floppy0", file: "f" },
            ],
            isSnapshot: true,
            kernelFile: "k",
            initrdFile: "i",
            append: "a",
            bootOrder: "dc",
            isNoReboot: true,
            isNoShutdown: true,
            tripleFault: "panic",
          },
        },
        serial: { kind: "socket", endpoint: { path: "s" } },
        snapshots: "./kept",
      },
    ],
  });
});

describe("refuses with a ConfigError that names the place:", () => {
  const one = 'qmp: ["unix:a"]';
  it.each([
    ["", "f.yaml: the file: a mapping is expected"],
    ["machines: []", "f.yaml: machines: a service needs at least one"],
    ["machines: {}", "f.yaml: machines: a list is expected"],
    ["machines: [{}]", "f.yaml: machines[0].qmp: a machine needs at least one endpoint"],
    ["machines: [{ qmp: [udp] }]", "f.yaml: machines[0].qmp: 'udp' is no endpoint"],
    [`machines: [{ ${one}, plugins: a.js }]`, "f.yaml: machines[0].plugins: a list is expected"],
    [`machines: [{ ${one}, plugins: [1] }]`, "f.yaml: machines[0].plugins: a string is expected"],
    ["machines: [{ qmp: [1] }]", "f.yaml: machines[0].qmp: a string is expected"],
    [`machines: [{ ${one}, colour: red }]`, "f.yaml: machines[0]: unknown key 'colour'; known are name"],
    [`machines: [{ ${one}, stopped: 1 }]`, "f.yaml: machines[0].stopped: true or false is expected"],
    [`machines: [{ ${one}, type: q35 }]`, "f.yaml: machines[0].type: there is no machine type 'q35'"],
    [`machines: [{ ${one}, displays: ["VGA:1x1,heads=x"] }]`, "f.yaml: machines[0].displays: 'heads=x'"],
    [
      `machines: [{ ${one}, type: none, hda: a }]`,
      "f.yaml: machines[0].hda: only a machine of type pc has it",
    ],
    [`machines: [{ ${one}, hda: [a] }]`, "f.yaml: machines[0].hda: a string is expected"],
    [`machines: [{ ${one}, memory: 1T }]`, "f.yaml: machines[0]: '1T' is no size of memory"],
    [`machines: [{ ${one}, snapshots: 1 }]`, "f.yaml: machines[0].snapshots: a string is expected"],
    [`machines: [{ ${one}, serial: tcp }]`, "f.yaml: machines[0].serial: 'tcp' is no end of a serial port"],
    [`workers: 0\nmachines: [{ ${one} }]`, "f.yaml: workers: a whole number above 0 is expected"],
    [
      `limits: { async-in-flight: many }\nmachines: [{ ${one} }]`,
      "limit async-in-flight is not a whole number",
    ],
    ["machines: [", "f.yaml: "],
    ["machines: *nobody", "f.yaml: Unresolved alias"],
    ["[".repeat(50_000), "f.yaml: "],
  ])("%.60s", async (text, message) => {
    const failure = await parseConfigFile(text, "f.yaml").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).message).toContain(message);
  });

  it("aliases that multiply", async () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const below = level === 0 ? "x" : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array(9).fill(below).join(", ")}]`;
    });
    await expect(parseConfigFile(levels.join("\n"), "f.yaml")).rejects.toThrow(
      /^f\.yaml: Excessive alias count/,
    );
  });
});
