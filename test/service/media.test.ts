/** Drives and what is in them. */

import { expect, it } from "vitest";
import { type Drive, drives, genericError, plugIn, serve, start } from "../support/media.ts";

it("query-block tells of the drives in QEMU's shape", async () => {
  const client = await serve("--hda", "disk.img", "--cdrom", "first.iso");
  const { return: all } = (await client.execute("query-block")) as { return: object[] };
  expect(all).toMatchObject([
    {
      device: "ide0-hd0",
      type: "unknown",
      removable: false,
      locked: false,
      inserted: {
        file: "disk.img",
        ro: false,
        drv: "raw",
        image: { "virtual-size": 2 ** 20, format: "raw" },
      },
      "io-status": "ok",
    },
    {
      device: "ide1-cd0",
      removable: true,
      tray_open: false,
      inserted: { file: "first.iso", ro: true },
      "io-status": "ok",
    },
    { device: "floppy0", removable: true, locked: false },
  ]);
  expect(Object.keys(all[2] ?? {}).sort()).toEqual(["device", "locked", "qdev", "removable", "type"]);
  const { qdev } = all[1] as Drive;
  expect(await client.execute("qom-get", { path: qdev, property: "type" })).toEqual({ return: "ide-cd" });
});

it("a medium is changed and ejected, which the guest and the clients see", async () => {
  const client = await serve("--cdrom", "first.iso");
  const order = await plugIn();
  const { qdev } = (await drives(client))["ide1-cd0"] ?? {};
  const moved = (isOpen: boolean) => ({
    event: "DEVICE_TRAY_MOVED",
    data: { device: "ide1-cd0", id: qdev, "tray-open": isOpen },
  });
  expect(await order("r")).toBe("0");
  client.send({ execute: "blockdev-change-medium", arguments: { id: qdev, filename: "second.iso" } });
  expect(await client.take(3)).toMatchObject([moved(true), moved(false), { return: {} }]);
  // Without a medium, then with another one, then ready.
  expect(await order("rrr")).toBe("110");
  expect((await drives(client))["ide1-cd0"]).toMatchObject({
    tray_open: false,
    inserted: { file: "second.iso", image: { "virtual-size": 65_536 } },
  });
  client.send({ execute: "eject", arguments: { device: "ide1-cd0" } });
  expect(await client.take(2)).toMatchObject([moved(true), { return: {} }]);
  expect(await order("r")).toBe("1");
  expect((await drives(client))["ide1-cd0"]).not.toHaveProperty("inserted");
  client.send({ execute: "eject", arguments: { device: "ide1-cd0" } });
  expect(await client.next()).toEqual({ return: {} });
  client.send({
    execute: "blockdev-change-medium",
    arguments: { device: "ide1-cd0", filename: "first.iso", format: "raw" },
  });
  expect(await client.take(2)).toMatchObject([moved(false), { return: {} }]);
});

it("a tray is opened and closed with its medium, by clients and by the guest", async () => {
  const client = await serve("--cdrom", "first.iso");
  const order = await plugIn();
  const tray = async (command: string) => {
    expect(await client.execute(command, { device: "ide1-cd0" })).toEqual({ return: {} });
    const { tray_open: isOpen, inserted } = (await drives(client))["ide1-cd0"] ?? {};
    return [isOpen, inserted?.file];
  };
  expect(await tray("blockdev-open-tray")).toEqual([true, "first.iso"]);
  expect(await order("r")).toBe("1");
  expect(await tray("blockdev-open-tray")).toEqual([true, "first.iso"]);
  // A reset does not close it.
  await client.execute("system_reset");
  expect(await order("r")).toBe("1");
  expect(await tray("blockdev-close-tray")).toEqual([false, "first.iso"]);
  expect(await order("rrr")).toBe("110");
  await order("e");
  expect(await client.next()).toMatchObject({ event: "DEVICE_TRAY_MOVED", data: { "tray-open": true } });
  expect(await tray("blockdev-close-tray")).toEqual([false, "first.iso"]);
  expect(await client.execute("blockdev-open-tray", { device: "floppy0" })).toEqual({ return: {} });
});

it("a tray that the guest has locked is opened by force alone", async () => {
  const client = await serve("--cdrom", "first.iso");
  const order = await plugIn();
  expect(await order("l")).toBe("0");
  expect((await drives(client))["ide1-cd0"]).toMatchObject({ locked: true, tray_open: false });
  const locked = genericError(
    "Device 'ide1-cd0' is locked and force was not specified, wait for tray to open and try again",
  );
  const device = "ide1-cd0";
  expect(await client.execute("eject", { device })).toEqual(locked);
  expect(await client.execute("blockdev-open-tray", { device })).toEqual(locked);
  expect(await client.execute("blockdev-change-medium", { device, filename: "second.iso" })).toEqual(locked);
  expect((await drives(client))[device]).toMatchObject({ inserted: { file: "first.iso" }, tray_open: false });
  expect(
    await client.execute("blockdev-change-medium", { device, filename: "second.iso", force: true }),
  ).toEqual({ return: {} });
  expect((await drives(client))[device]).toMatchObject({ inserted: { file: "second.iso" } });
  await order("u");
  expect((await drives(client))[device]).toMatchObject({ locked: false });
  expect(await client.execute("eject", { device })).toEqual({ return: {} });
});

it("a tray that the guest has locked stays closed when the guest ejects what is in there", async () => {
  const client = await serve("--cdrom", "first.iso");
  const order = await plugIn();
  expect(await order("ler")).toBe("010");
  expect((await drives(client))["ide1-cd0"]).toMatchObject({
    tray_open: false,
    inserted: { file: "first.iso" },
  });
  // Another disc is told of first, as ever, and then held as well: no disc, another one, the eject.
  await client.execute("blockdev-change-medium", { device: "ide1-cd0", filename: "second.iso", force: true });
  const movedByClient = client.texts.filter((text) => text.includes("DEVICE_TRAY_MOVED")).length;
  expect(await order("eeer")).toBe("1110");
  expect(await order("ue")).toBe("00");
  expect(await client.next()).toMatchObject({ event: "DEVICE_TRAY_MOVED", data: { "tray-open": true } });
  expect(client.texts.filter((text) => text.includes("DEVICE_TRAY_MOVED")).length).toBe(movedByClient + 1);
});

it("takes out what is in a tray that is open", async () => {
  const client = await serve("--cdrom", "first.iso", "--fda", "floppy.img", "--hda", "disk.img");
  const order = await plugIn();
  const before = await drives(client);
  const idOf = (device: string) => ({ id: before[device]?.qdev });
  const remove = (device: string) => client.execute("blockdev-remove-medium", idOf(device));
  // A drive is named in an error as it was named by whoever asked.
  const [disc, disk] = [idOf("ide1-cd0"), idOf("ide0-hd0")];
  expect(await remove("ide1-cd0")).toEqual(genericError(`Tray of device '${disc.id}' is not open`));
  expect(await remove("ide0-hd0")).toEqual(genericError(`Device '${disk.id}' is not removable`));
  expect(await client.execute("eject", disk)).toEqual(genericError(`Device '${disk.id}' is not removable`));
  expect(await client.execute("blockdev-open-tray", disk)).toEqual(
    genericError(`Device '${disk.id}' is not removable`),
  );
  expect((await drives(client))["ide1-cd0"]).toMatchObject({
    inserted: { file: "first.iso" },
    tray_open: false,
  });
  // A lock keeps the tray closed, and holds nothing in one that is open.
  await order("l");
  expect(await client.execute("eject", disc)).toEqual(
    genericError(
      `Device '${disc.id}' is locked and force was not specified, wait for tray to open and try again`,
    ),
  );
  await client.execute("blockdev-open-tray", { ...idOf("ide1-cd0"), force: true });
  const lines = client.texts.length;
  expect(await remove("ide1-cd0")).toEqual({ return: {} });
  expect(await remove("ide1-cd0")).toEqual({ return: {} });
  expect(client.texts.slice(lines).some((text) => text.includes("DEVICE_TRAY_MOVED"))).toBe(false);
  expect((await drives(client))["ide1-cd0"]).toMatchObject({ tray_open: true });
  expect((await drives(client))["ide1-cd0"]).not.toHaveProperty("inserted");
  client.send({ execute: "blockdev-close-tray", arguments: idOf("ide1-cd0") });
  expect(await client.take(1)).toMatchObject([{ event: "DEVICE_TRAY_MOVED", data: { "tray-open": false } }]);
  expect(await client.next()).toEqual({ return: {} });
  expect(await order("r")).toBe("1");
  // A floppy drive has no tray.
  expect(await remove("floppy0")).toEqual({ return: {} });
  expect((await drives(client)).floppy0).not.toHaveProperty("inserted");
});

it("a file that another drive has open is taken", async () => {
  const client = await serve("--hda", "disk.img");
  const args = { device: "ide1-cd0", filename: "disk.img" };
  expect(await client.execute("blockdev-change-medium", args)).toEqual({ return: {} });
});

it("a guest that writes to a floppy disk that is read-only sees an error", async () => {
  const client = await serve("--fda", "floppy.img");
  const order = await plugIn();
  const change = (mode: string) =>
    client.execute("blockdev-change-medium", {
      device: "floppy0",
      filename: "floppy.img",
      "read-only-mode": mode,
    });
  expect(await change("read-only")).toEqual({ return: {} });
  expect((await drives(client)).floppy0).toMatchObject({ inserted: { ro: true } });
  expect(await order("w")).toBe("2");
  // Also after a reset, which makes the drive anew; and the next one is as the last one was.
  await client.execute("system_reset");
  expect(await order("w")).toBe("2");
  await client.execute("eject", { device: "floppy0" });
  expect(await change("retain")).toEqual({ return: {} });
  expect((await drives(client)).floppy0).toMatchObject({ inserted: { ro: true } });
  expect(await change("read-write")).toEqual({ return: {} });
  expect((await drives(client)).floppy0).toMatchObject({ inserted: { ro: false } });
});

it("with --snapshot, what is written to a medium that comes later does not reach its file either", async () => {
  const client = await serve("--snapshot");
  await client.execute("blockdev-change-medium", { device: "floppy0", filename: "floppy.img" });
  // It has an overlay: the file is below what the guest writes to.
  expect((await drives(client)).floppy0).toMatchObject({
    inserted: { ro: false, backing_file: "floppy.img", backing_file_depth: 1 },
  });
});

const REFUSED = [
  ["eject", {}, "GenericError", "Need exactly one of 'device' and 'id'"],
  ["eject", { device: "floppy0", id: "x" }, "GenericError", "Need exactly one of 'device' and 'id'"],
  ["eject", { device: "none" }, "DeviceNotFound", "Device 'none' not found"],
  ["eject", { id: "none" }, "DeviceNotFound", "Device 'none' not found"],
  ["eject", { device: "ide0-hd0" }, "GenericError", "Device 'ide0-hd0' is not removable"],
  [
    "eject",
    { id: "/machine/unattached/device[0]" },
    "GenericError",
    "Device does not have a block device backend",
  ],
  ["eject", { id: "/machine" }, "GenericError", "/machine is not a hotpluggable device"],
  ["blockdev-remove-medium", { id: "" }, "GenericError", " is not a hotpluggable device"],
  ["blockdev-open-tray", { device: "ide0-hd0" }, "GenericError", "Device 'ide0-hd0' is not removable"],
  ["blockdev-close-tray", { device: "ide0-hd0" }, "GenericError", "Device 'ide0-hd0' is not removable"],
  ["blockdev-close-tray", { device: "none" }, "DeviceNotFound", "Device 'none' not found"],
  ["blockdev-remove-medium", { id: "none" }, "DeviceNotFound", "Device 'none' not found"],
  [
    "blockdev-remove-medium",
    { id: "/machine/unattached/device[0]" },
    "GenericError",
    "Device does not have a block device backend",
  ],
  ["blockdev-change-medium", { filename: "x" }, "GenericError", "Need exactly one of 'device' and 'id'"],
  [
    "blockdev-change-medium",
    { device: "none", filename: "first.iso" },
    "DeviceNotFound",
    "Device 'none' not found",
  ],
  [
    "blockdev-change-medium",
    { device: "ide0-hd0", filename: "first.iso" },
    "GenericError",
    "Device 'ide0-hd0' is not removable",
  ],
  [
    "blockdev-change-medium",
    { device: "ide1-cd0", filename: "none.iso" },
    "GenericError",
    "Could not open 'none.iso': No such file or directory",
  ],
  [
    "blockdev-change-medium",
    { device: "ide1-cd0", filename: "first.iso", format: "none" },
    "GenericError",
    "Unknown driver 'none'",
  ],
  [
    "blockdev-change-medium",
    { device: "floppy0", filename: "first.iso" },
    "GenericError",
    "'first.iso' is no floppy disk: none has 32768 bytes",
  ],
] as const;

it("refuses in QEMU's words, with everything as it was", async () => {
  const client = await serve("--hda", "disk.img");
  for (const [command, args, errorClass, desc] of REFUSED)
    expect(await client.execute(command, args)).toEqual({ error: { class: errorClass, desc } });
  expect(client.texts.some((text) => text.includes("DEVICE_TRAY_MOVED"))).toBe(false);
});

it("does not start with a floppy disk of a size that none has", async () => {
  const program = start("--fda", "first.iso");
  expect(await program.ended).toMatchObject({ status: 1 });
  expect(program.stderr).toContain("'first.iso' is no floppy disk: none has 32768 bytes");
});
