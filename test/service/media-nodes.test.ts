/** Block nodes in drives. */

import { renameSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import { createMortalWorker } from "../support/machine-thread.ts";
import { drives, file, genericError, plugIn, serve } from "../support/media.ts";
import { pcWorkerUrl } from "../support/pc.ts";
import { eventually, PcService } from "../support/pc-service.ts";

it("a block node is put into a tray that is open, and is in use until it is taken out", async () => {
  const client = await serve("--cdrom", "first.iso");
  const order = await plugIn();
  const { qdev: id } = (await drives(client))["ide1-cd0"] ?? {};
  const add = async (node: object) =>
    expect(await client.execute("blockdev-add", node)).toEqual({ return: {} });
  const insert = (name: string) => client.execute("blockdev-insert-medium", { id, "node-name": name });
  const remove = () => client.execute("blockdev-remove-medium", { id });
  await add({ driver: "file", "node-name": "file", filename: "second.iso", "read-only": true });
  await add({ driver: "raw", "node-name": "disc", file: "file", offset: 32_768, "read-only": true });
  expect(await insert("none")).toEqual(genericError("Node 'none' not found"));
  expect(await insert("disc")).toEqual(genericError("Tray of the device is not open"));
  await client.execute("blockdev-open-tray", { id });
  expect(await insert("disc")).toEqual(genericError("There already is a medium in the device"));
  await remove();
  // The node has its file open: what its name leads to by now does not matter.
  renameSync(file("second.iso"), file("elsewhere.iso"));
  const lines = client.texts.length;
  expect(await insert("disc")).toEqual({ return: {} });
  expect(client.texts.slice(lines).some((text) => text.includes("DEVICE_TRAY_MOVED"))).toBe(false);
  const [{ return: listed }, inDrives] = [
    await client.execute("query-named-block-nodes"),
    await drives(client),
  ];
  expect(inDrives["ide1-cd0"]).toMatchObject({ tray_open: true, inserted: (listed as object[])[0] });
  expect(inDrives["ide1-cd0"]).toMatchObject({ inserted: { "node-name": "disc", ro: true } });
  expect(await order("r")).toBe("1");
  await client.execute("blockdev-close-tray", { id });
  expect(await order("rrr")).toBe("110");
  // Also after a reset.
  await client.execute("system_reset");
  expect(await order("r")).toBe("0");
  expect(await insert("disc")).toEqual(genericError("Node 'disc' is already in use"));
  expect(await client.execute("blockdev-del", { "node-name": "disc" })).toEqual(
    genericError("Node disc is in use"),
  );
  // Whatever takes it out.
  for (const [command, args] of [
    ["eject", {}],
    ["blockdev-change-medium", { filename: "first.iso" }],
  ] as const) {
    expect(await client.execute(command, { id, ...args })).toEqual({ return: {} });
    await client.execute("blockdev-open-tray", { id });
    await remove();
    expect(await insert("disc")).toEqual({ return: {} });
  }
  await remove();
  expect(await client.execute("blockdev-del", { "node-name": "disc" })).toEqual({ return: {} });
  // A node without an owner is there for as long as it is in the drive.
  await add({ driver: "raw", "node-name": "outer", file: { driver: "null-co", "node-name": "inner" } });
  expect(await insert("inner")).toEqual({ return: {} });
  expect(await client.execute("blockdev-del", { "node-name": "outer" })).toEqual({ return: {} });
  expect((await drives(client))["ide1-cd0"]).toMatchObject({ inserted: { "node-name": "inner" } });
  await remove();
  expect(await insert("inner")).toEqual(genericError("Node 'inner' not found"));
});

it("an image of another format is taken for raw where somebody says so, and is refused where nobody does", async () => {
  const client = await serve();
  const { qdev: id } = (await drives(client))["ide1-cd0"] ?? {};
  writeFileSync(file("disk.qcow2"), Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(4092)]));
  await client.execute("blockdev-add", { driver: "file", "node-name": "disc", filename: "disk.qcow2" });
  await client.execute("blockdev-open-tray", { id });
  expect(await client.execute("blockdev-insert-medium", { id, "node-name": "disc" })).toEqual({ return: {} });
  const change = (args: object) =>
    client.execute("blockdev-change-medium", { id, filename: "disk.qcow2", ...args });
  expect(await change({ format: "raw" })).toEqual({ return: {} });
  expect(await change({})).toMatchObject(
    genericError(expect.stringMatching(/^Could not open 'disk\.qcow2': it is a qcow2 image/)),
  );
});

it("a block node that no drive can do with is refused, and is not in use", async () => {
  const client = await serve("--hda", "disk.img");
  const order = await plugIn();
  const found = await drives(client);
  const insert = (drive: string, name: string) =>
    client.execute("blockdev-insert-medium", { id: found[drive]?.qdev, "node-name": name });
  writeFileSync(file("rules"), '[inject-error]\nevent = "read_aio"\n');
  const image = { driver: "null-co", size: 1_474_560, "read-only": true };
  await client.execute("blockdev-add", { driver: "blkdebug", "node-name": "rules", image, config: "rules" });
  await client.execute("blockdev-add", { driver: "null-co", "node-name": "large" });
  await client.execute("blockdev-add", { ...image, "node-name": "floppy" });
  expect(await insert("ide0-hd0", "floppy")).toEqual(genericError("Device is not removable"));
  expect(await insert("floppy0", "rules")).toEqual(
    genericError("Node 'rules' cannot be in a drive: 'rules' has rules, which no drive obeys"),
  );
  expect(await insert("floppy0", "large")).toEqual(
    genericError("'null-co://' is no floppy disk: none has 1073741824 bytes"),
  );
  expect(await client.execute("blockdev-del", { "node-name": "large" })).toEqual({ return: {} });
  expect(await insert("floppy0", "floppy")).toEqual({ return: {} });
  expect(await order("w")).toBe("2");
});

it("a block node is in use by a drive that has it alone, also when they are changed during resets", async () => {
  const client = await serve();
  const [resetting, removing, inserting] = await Promise.all(
    [1, 2, 3].map(() => TestClient.connect(file("qmp.sock"), [])),
  );
  const { qdev: id } = (await drives(client))["ide1-cd0"] ?? {};
  const names = ["first", "second", "third"];
  for (const name of names) await client.execute("blockdev-add", { driver: "null-co", "node-name": name });
  await client.execute("blockdev-open-tray", { id });
  let insertions = 0;
  const until = async (step: () => Promise<unknown> | undefined): Promise<void> => {
    while (insertions < 60) await step();
  };
  let turn = 0;
  await Promise.all([
    until(() => resetting?.execute("system_reset")),
    until(() => removing?.execute("blockdev-remove-medium", { id })),
    until(async () => {
      const insert = { id, "node-name": names[turn++ % names.length] };
      if ("return" in ((await inserting?.execute("blockdev-insert-medium", insert)) ?? {})) insertions++;
    }),
  ]);
  await client.execute("blockdev-remove-medium", { id });
  for (const name of names)
    expect(await client.execute("blockdev-del", { "node-name": name })).toEqual({ return: {} });
});

it("a block node is not in use any more when the machine's thread has died with the drive", async () => {
  const mortal = createMortalWorker(pcWorkerUrl);
  const pc = await PcService.start("demo", mortal.workerUrl);
  try {
    const client = await pc.connect();
    const { qdev: id } = (await drives(client))["ide1-cd0"] ?? {};
    await client.execute("blockdev-add", { driver: "null-co", "node-name": "disc", "read-only": true });
    await client.execute("blockdev-open-tray", { id });
    const insert = { id, "node-name": "disc" };
    expect(await client.execute("blockdev-insert-medium", insert)).toEqual({ return: {} });
    mortal.kill();
    await eventually(async () =>
      expect(await client.execute("query-status")).toMatchObject({ return: { status: "internal-error" } }),
    );
    expect((await drives(client))["ide1-cd0"]).not.toHaveProperty("inserted");
    // And once more, in the next thread.
    await client.execute("blockdev-open-tray", { id });
    expect(await client.execute("blockdev-insert-medium", insert)).toEqual({ return: {} });
    await client.execute("blockdev-remove-medium", { id });
    expect(await client.execute("blockdev-del", { "node-name": "disc" })).toEqual({ return: {} });
    client.destroy();
  } finally {
    await pc.stop();
    mortal.remove();
  }
});
