/**
 * Handlers of the schema module `char`: what serial port and monitors are connected to, and the serial port's
 * ring buffer.
 */

import type { ChardevInfo, CharHandlers, DataFormat } from "../qapi/generated/char.ts";
import type { PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { RING_WRITE_CHARS_MAX } from "../util/limits.ts";
import type { CharacterDevice, MachineControl, SerialPeer } from "./machine-control.ts";

const BACKENDS = ["socket", "stdio", "ringbuf"];

export function charHandlers(machine: MachineControl): CharHandlers<PlainContext> {
  const devices = (): readonly CharacterDevice[] => [
    ...(machine.serial === undefined ? [] : [machine.serial]),
    ...machine.monitorDevices,
  ];
  const ringBuffer = (label: string): NonNullable<SerialPeer["ringBuffer"]> => {
    const device: CharacterDevice & Partial<SerialPeer> = findDevice(devices(), label);
    if (device.ringBuffer === undefined) throw new QmpError(`${label} is not a ringbuf device`);
    return device.ringBuffer;
  };
  return {
    "query-chardev": () => devices().map(chardevInfo),
    "query-chardev-backends": () => BACKENDS.map((name) => ({ name })),
    "ringbuf-write"({ device, data, format = "utf8" }) {
      const ring = ringBuffer(device);
      if (data.length > RING_WRITE_CHARS_MAX)
        throw new QmpError(`Parameter 'data' is longer than ${RING_WRITE_CHARS_MAX} characters`);
      ring.write(DECODE[format](data));
    },
    "ringbuf-read"({ device, size, format = "utf8" }) {
      const ring = ringBuffer(device);
      if (size <= 0) throw new QmpError("size must be greater than zero");
      // What is larger than the buffer need not be exact.
      return ENCODE[format](ring.read(Number(size)));
    },
  };
}

function findDevice(devices: readonly CharacterDevice[], label: string): CharacterDevice {
  const found = devices.find((device) => device.label === label);
  if (found === undefined) throw new QmpError(`Device '${label}' not found`);
  return found;
}

/** Each is used by what it stands for: the guest's port, or a monitor. */
function chardevInfo({ label, filename }: CharacterDevice): ChardevInfo {
  return { label, filename, "frontend-open": true };
}

const DECODE: Readonly<Record<DataFormat, (data: string) => Uint8Array>> = {
  utf8: (data) => Buffer.from(data, "utf8"),
  base64: decodeBase64,
};

const ENCODE: Readonly<Record<DataFormat, (bytes: Uint8Array) => string>> = {
  utf8: (bytes) => Buffer.from(bytes).toString("utf8"),
  base64: (bytes) => Buffer.from(bytes).toString("base64"),
};

/** As QEMU reads it: line ends mean nothing, what is no whole group of four at the end is dropped. */
function decodeBase64(data: string): Uint8Array {
  if (/[^A-Za-z0-9+/=\n]/.test(data)) throw new QmpError("Base64 data contains invalid characters");
  const text = data.replaceAll("\n", "");
  const parts = text.match(/[^=]+={0,2}/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part.slice(0, part.length & ~3), "base64")));
}
