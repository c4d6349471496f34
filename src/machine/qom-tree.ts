/**
 * The tree of one machine: what every machine has, as QEMU's `-M none` shows it, and its displays.
 */

import type { DisplayConfig, MachineType } from "./config.ts";
import { DISPLAY_CONTENTS, type DisplayContent } from "./config.ts";
import type { DisplayDevice } from "./display.ts";
import { MachineError } from "./error.ts";
import { expectType, QomObject, type QomValue } from "./qom.ts";

const ADDRESS_SPACE_BYTES = 2n ** 64n - 1n;
const IO_SPACE_BYTES = 65536;
const ONE_CPU = { cpus: 1, maxcpus: 1, threads: 1, cores: 1, dies: 1, sockets: 1, clusters: 1 };

export class QomTree {
  readonly root = new QomObject("container");
  readonly #backend: QomObject;
  readonly #peripheral: QomObject;
  readonly #anonymous: QomObject;
  readonly #unattached: QomObject;
  #anonymousCount = 0;
  #consoleCount = 0;
  #unattachedCount = 0;

  constructor(type: MachineType, memoryBytes = 0) {
    this.#backend = new QomObject("container");
    if (type !== "none") {
      this.root.addChild("backend", this.#backend);
      this.root.addChild("objects", new QomObject("container"));
    }
    const machine = this.root.addChild("machine", createMachineObject(type, memoryBytes));
    this.root.addChild("chardevs", new QomObject("container"));
    this.#anonymous = machine.addChild("peripheral-anon", new QomObject("container"));
    this.#peripheral = machine.addChild("peripheral", new QomObject("container"));
    this.#unattached = machine.addChild("unattached", new QomObject("container"));
    addBoard(this.#unattached);
  }

  /** Adds a device that belongs to the machine itself; answers its path. */
  addFixedDevice(type: string): string {
    const name = `device[${this.#unattachedCount++}]`;
    return this.#unattached.addChild(name, createFixedDevice(type)).path;
  }

  /** Adds the display that belongs to the machine itself, and its console; answers the device's path. */
  addFixedDisplay(type: string): string {
    const name = `device[${this.#unattachedCount++}]`;
    const object = this.#unattached.addChild(name, createFixedDevice(type));
    this.#backend.addChild(`console[${this.#consoleCount++}]`, createConsoleObject(object, 0));
    return object.path;
  }

  /** Adds the device and a console for each of its heads, numbered on; answers the device's path. */
  addDisplay(config: DisplayConfig, device: DisplayDevice): string {
    const object = createDisplayObject(config, device);
    if (config.id !== undefined) this.#peripheral.addChild(config.id, object);
    else this.#anonymous.addChild(`device[${this.#anonymousCount++}]`, object);
    for (let head = 0; head < config.heads; head++) {
      this.#backend.addChild(`console[${this.#consoleCount++}]`, createConsoleObject(object, head));
    }
    return object.path;
  }
}

/** A device that is a part of the machine: it has nothing that could be set. */
function createFixedDevice(type: string): QomObject {
  const object = new QomObject(type);
  addFixed(object, "realized", "bool", true);
  addFixed(object, "hotplugged", "bool", false);
  addFixed(object, "hotpluggable", "bool", false);
  return object;
}

/** The properties are those that a machine has in QEMU, in its order; the settings act on nothing here. */
function createMachineObject(type: MachineType, memoryBytes: number): QomObject {
  const machine = new QomObject(`${type}-machine`);
  addSetting(machine, "kernel", "string", "");
  addSetting(machine, "dt-compatible", "string", "");
  addFixed(machine, "boot", "BootConfiguration", { order: "" });
  addFixed(machine, "memory", "MemorySizeConfiguration", { size: memoryBytes });
  addSetting(machine, "initrd", "string", "");
  addFixed(machine, "confidential-guest-support", "link<confidential-guest-support>", "");
  addSetting(machine, "graphics", "bool", true);
  addSetting(machine, "usb", "bool", false);
  addSetting(machine, "firmware", "string", "");
  addSetting(machine, "memory-encryption", "string", "");
  addFixed(machine, "smp", "SMPConfiguration", ONE_CPU);
  addSetting(machine, "dump-guest-core", "bool", true);
  addSetting(machine, "phandle-start", "int", 0);
  addSetting(machine, "dumpdtb", "string", "");
  addFixed(machine, "memory-backend", "link<memory-backend>", "");
  addSetting(machine, "dtb", "string", "");
  addSetting(machine, "mem-merge", "bool", true);
  addSetting(machine, "append", "string", "");
  addSetting(machine, "suppress-vmdesc", "bool", false);
  return machine;
}

/** The address spaces and the bus that a machine has before it has any device. */
function addBoard(unattached: QomObject): void {
  const io = unattached.addChild("io[0]", new QomObject("memory-region"));
  addMemoryRegion(io, IO_SPACE_BYTES);
  const system = unattached.addChild("system[0]", new QomObject("memory-region"));
  addMemoryRegion(system, ADDRESS_SPACE_BYTES);
  const sysbus = unattached.addChild("sysbus", new QomObject("System"));
  addSetting(sysbus, "realized", "bool", false);
  addFixed(sysbus, "hotplug-handler", "link<hotplug-handler>", "");
}

function addMemoryRegion(region: QomObject, sizeBytes: number | bigint): void {
  addFixed(region, "container", "link<memory-region>", "");
  addFixed(region, "addr", "uint64", 0);
  addFixed(region, "size", "uint64", sizeBytes);
  addFixed(region, "priority", "uint32", 0);
}

function createDisplayObject(config: DisplayConfig, device: DisplayDevice): QomObject {
  const object = new QomObject(config.type);
  addFixed(object, "realized", "bool", true);
  addFixed(object, "hotplugged", "bool", false);
  addFixed(object, "hotpluggable", "bool", false);
  addAtStart(object, config, "xres", "uint32", config.width);
  addAtStart(object, config, "yres", "uint32", config.height);
  addAtStart(object, config, "max_outputs", "uint16", config.heads);
  object.addProperty({
    name: "content",
    type: "DisplayContent",
    get: () => device.content,
    set(value) {
      expectType("content", "string", value);
      if (!isDisplayContent(value)) {
        throw new MachineError(`Parameter 'content' does not accept value '${value}'`);
      }
      device.content = value;
    },
  });
  return object;
}

function isDisplayContent(value: QomValue): value is DisplayContent {
  return DISPLAY_CONTENTS.some((content) => content === value);
}

function createConsoleObject(device: QomObject, head: number): QomObject {
  const console = new QomObject("qemu-console");
  console.addProperty({ name: "device", type: "link<device>", target: device, get: () => device.path });
  addFixed(console, "head", "uint32", head);
  return console;
}

function addFixed(object: QomObject, name: string, type: string, value: QomValue): void {
  object.addProperty({ name, type, get: () => value });
}

/** A property of a device that is set when the device is made, and not afterwards. */
function addAtStart(
  object: QomObject,
  config: DisplayConfig,
  name: string,
  type: string,
  value: number,
): void {
  object.addProperty({
    name,
    type,
    get: () => value,
    set() {
      const device = config.id === undefined ? "anonymous device" : `device '${config.id}'`;
      throw new MachineError(
        `Attempt to set property '${name}' on ${device} (type '${config.type}') after it was realized`,
      );
    },
  });
}

const EXPECTED = { bool: "boolean", int: "integer", string: "string" } as const;

function addSetting(object: QomObject, name: string, type: keyof typeof EXPECTED, initial: QomValue): void {
  let current = initial;
  object.addProperty({
    name,
    type,
    get: () => current,
    set(value) {
      expectType(name, EXPECTED[type], value);
      current = value;
    },
  });
}
