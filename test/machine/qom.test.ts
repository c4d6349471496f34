import { describe, expect, it } from "vitest";
import { MachineError } from "../../src/machine/error.ts";
import { Machine } from "../../src/machine/machine.ts";
import type { QomValue } from "../../src/machine/qom.ts";
import { qomListTypes } from "../../src/machine/qom-types.ts";
import { ManualClock } from "../../src/util/clock.ts";
import { ManualTurns, testMachine } from "../support/machine.ts";

function createMachine(config = testMachine({ id: "v0" }, { type: "qxl", heads: 2 }, {})): Machine {
  return new Machine(config, "running", new ManualClock(), new ManualTurns().defer);
}

function names(machine: Machine, path: string): string[] {
  return machine.qomList(path).map(({ name, type }) => `${name}: ${type}`);
}

function failure(call: () => unknown): [string, string] {
  try {
    call();
  } catch (error) {
    if (error instanceof MachineError) return [error.errorClass, error.message];
    throw error;
  }
  throw new Error("the call succeeded");
}

describe("the tree of machine type none, as QEMU 7.2 shows it", () => {
  const machine = createMachine({ type: "none", displays: [] });

  it.each<[string, string[]]>([
    ["/", ["type: string", "machine: child<none-machine>", "chardevs: child<container>"]],
    ["/machine/peripheral", ["type: string"]],
    [
      "/machine/unattached",
      [
        "type: string",
        "io[0]: child<memory-region>",
        "system[0]: child<memory-region>",
        "sysbus: child<System>",
      ],
    ],
    [
      "/machine/unattached/system[0]",
      ["type: string", "container: link<memory-region>", "addr: uint64", "size: uint64", "priority: uint32"],
    ],
  ])("lists %s", (path, properties) => {
    expect(names(machine, path)).toEqual(properties);
  });

  it("lists the machine's settings in QEMU's order, its children last", () => {
    expect(machine.qomList("/machine").map(({ name }) => name)).toEqual(
      (
        "type kernel dt-compatible boot memory initrd confidential-guest-support graphics usb firmware " +
        "memory-encryption smp dump-guest-core phandle-start dumpdtb memory-backend dtb mem-merge append " +
        "suppress-vmdesc peripheral-anon peripheral unattached"
      ).split(" "),
    );
  });

  it.each<[string, string, QomValue]>([
    ["/", "type", "container"],
    ["/", "machine", "/machine"],
    ["/machine", "type", "none-machine"],
    ["/machine", "smp", { cpus: 1, maxcpus: 1, threads: 1, cores: 1, dies: 1, sockets: 1, clusters: 1 }],
    ["/machine/unattached/system[0]", "size", 18446744073709551615n],
  ])("gets %s.%s", (path, property, value) => {
    expect(machine.qomGet(path, property)).toEqual(value);
  });
});

describe("paths", () => {
  const machine = createMachine();

  it.each([
    ["/machine/peripheral/v0", "VGA"],
    ["//machine//peripheral/v0/", "VGA"],
    ["v0", "VGA"],
    ["peripheral/v0", "VGA"],
    ["machine", "test-machine"],
    ["device[1]", "VGA"],
    ["/machine/peripheral-anon/device[0]", "qxl"],
    ["/backend/console[2]/device", "qxl"],
    ["/", "container"],
  ])("finds %s", (path, type) => {
    expect(machine.qomGet(path, "type")).toBe(type);
  });

  it.each([
    ["", "GenericError", "Path '' is ambiguous"],
    ["device", "GenericError", "Path 'device' is ambiguous"],
    ["nope", "DeviceNotFound", "Device 'nope' not found"],
    ["/nope", "DeviceNotFound", "Device '/nope' not found"],
    ["/machine/type", "DeviceNotFound", "Device '/machine/type' not found"],
    ["v0/nope", "DeviceNotFound", "Device 'v0/nope' not found"],
    ["/machine/unattached/../", "DeviceNotFound", "Device '/machine/unattached/../' not found"],
    ["__proto__", "DeviceNotFound", "Device '__proto__' not found"],
  ])("refuses to list %j: %s", (path, errorClass, desc) => {
    expect(failure(() => machine.qomList(path))).toEqual([errorClass, desc]);
  });

  it("are not looked at when they are longer than that of any object", () => {
    const path = (chars: number) => "/machine/peripheral/v0".padEnd(chars, "/");
    expect(machine.qomGet(path(4096), "type")).toBe("VGA");
    const notFound = ["DeviceNotFound", `Device '${path(4097)}' not found`];
    expect(failure(() => machine.qomGet(path(4097), "type"))).toEqual(notFound);
    expect(failure(() => machine.qomList(path(4097)))).toEqual(notFound);
  });

  it("are not found by qom-get and qom-set when they are ambiguous", () => {
    expect(failure(() => machine.qomGet("", "type"))).toEqual(["DeviceNotFound", "Device '' not found"]);
    expect(failure(() => machine.qomSet("device", "xres", 1))).toEqual([
      "DeviceNotFound",
      "Device 'device' not found",
    ]);
  });
});

describe("displays and consoles in the tree", () => {
  const machine = createMachine();

  it("stand under peripheral with an id, under peripheral-anon without one", () => {
    expect(names(machine, "/machine/peripheral")).toEqual(["type: string", "v0: child<VGA>"]);
    expect(names(machine, "/machine/peripheral-anon")).toEqual([
      "type: string",
      "device[0]: child<qxl>",
      "device[1]: child<VGA>",
    ]);
  });

  it("have a console for each head", () => {
    expect(names(machine, "/backend")).toEqual([
      "type: string",
      ...[0, 1, 2, 3].map((n) => `console[${n}]: child<qemu-console>`),
    ]);
    expect(names(machine, "/backend/console[0]")).toEqual([
      "type: string",
      "device: link<device>",
      "head: uint32",
    ]);
    expect(machine.heads.map(({ deviceId, devicePath, head }) => [deviceId, devicePath, head])).toEqual([
      ["v0", "/machine/peripheral/v0", 0],
      [undefined, "/machine/peripheral-anon/device[0]", 0],
      [undefined, "/machine/peripheral-anon/device[0]", 1],
      [undefined, "/machine/peripheral-anon/device[1]", 0],
    ]);
    for (const [index, { devicePath, head }] of machine.heads.entries()) {
      expect(machine.qomGet(`console[${index}]`, "device")).toBe(devicePath);
      expect(machine.qomGet(`console[${index}]`, "head")).toBe(head);
    }
  });

  it("show another content once it is set", () => {
    const pixels = machine.heads[0]?.display.surface.pixels ?? [];
    const before = Array.from(pixels);
    machine.qomSet("v0", "content", "still");
    expect(machine.qomGet("v0", "content")).toBe("still");
    expect(before.every((pixel, i) => pixel === pixels[i])).toBe(false);
  });
});

describe("setting a property, as QEMU 7.2 answers", () => {
  const machine = createMachine();

  it.each<[string, string, QomValue, string]>([
    ["/machine", "type", "x", "Property 'test-machine.type' is not writable"],
    ["/machine", "nope", "x", "Property 'test-machine.nope' not found"],
    ["/machine", "peripheral", false, "Property 'test-machine.peripheral' is not writable"],
    ["/machine", "graphics", "x", "Invalid parameter type for 'graphics', expected: boolean"],
    ["/machine", "phandle-start", "1", "Invalid parameter type for 'phandle-start', expected: integer"],
    ["/machine", "phandle-start", 1.5, "Invalid parameter type for 'phandle-start', expected: integer"],
    ["/machine", "phandle-start", 2n ** 63n, "Invalid parameter type for 'phandle-start', expected: integer"],
    ["/machine", "kernel", null, "Invalid parameter type for 'kernel', expected: string"],
    ["/backend/console[0]", "head", 3, "Property 'qemu-console.head' is not writable"],
    ["v0", "xres", 800, "Attempt to set property 'xres' on device 'v0' (type 'VGA') after it was realized"],
    [
      "device[0]",
      "yres",
      1,
      "Attempt to set property 'yres' on anonymous device (type 'qxl') after it was realized",
    ],
    ["v0", "content", 1, "Invalid parameter type for 'content', expected: string"],
    ["v0", "content", "x", "Parameter 'content' does not accept value 'x'"],
  ])("refuses %s.%s = %s", (path, property, value, desc) => {
    expect(failure(() => machine.qomSet(path, property, value))).toEqual(["GenericError", desc]);
  });

  it.each<[string, QomValue]>([
    ["graphics", false],
    ["kernel", "vmlinuz"],
    ["phandle-start", -1],
    ["phandle-start", 5_000_000_000],
    ["phandle-start", -(2n ** 63n)],
  ])("takes %s = %s and tells it afterwards", (property, value) => {
    machine.qomSet("/machine", property, value);
    expect(machine.qomGet("/machine", property)).toBe(value);
  });
});

describe("types", () => {
  it.each<[string | undefined, boolean, string[]]>([
    ["nope", true, []],
    ["container", true, ["container"]],
    ["machine", false, ["none-machine", "test-machine", "pc-machine"]],
    ["machine", true, ["machine", "none-machine", "test-machine", "pc-machine"]],
    ["cpu", true, ["cpu", "v86-i386-cpu"]],
    ["bus", true, ["bus", "System"]],
  ])("implementing %s, abstract %s", (implementing, abstract, expected) => {
    expect(qomListTypes(implementing, abstract).map(({ name }) => name)).toEqual(expected);
  });

  it("are those of all objects in the tree", () => {
    const machine = createMachine();
    const known = new Set(qomListTypes(undefined, false).map(({ name }) => name));
    const walk = (path: string): void => {
      expect(known).toContain(machine.qomGet(path, "type"));
      for (const { name, type } of machine.qomList(path)) {
        if (type.startsWith("child<")) walk(`${path}/${name}`);
      }
    };
    walk("/");
  });
});
