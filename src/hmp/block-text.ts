/** `info block`: disks and what is in them, in QEMU's layout. */

import type { BlockDeviceInfo } from "../qapi/generated/block-core.ts";
import { visibleInLine } from "../util/visible.ts";
import type { HmpArguments } from "./arguments.ts";
import type { HmpContext } from "./command.ts";

/** As `query-block` answers it. */
export interface BlockInfo {
  readonly device: string;
  readonly qdev?: string;
  readonly removable: boolean;
  readonly locked: boolean;
  readonly tray_open?: boolean;
  readonly inserted?: BlockDeviceInfo;
  readonly "io-status"?: string;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

export async function blockText(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const isVerbose = args.has("verbose");
  const wanted = args.get("device");
  const texts: string[] = [];
  if (args.has("nodes")) {
    const nodes = (await call("query-named-block-nodes")) as unknown as readonly BlockDeviceInfo[];
    for (const node of nodes) {
      if (wanted !== undefined && wanted !== node["node-name"]) continue;
      texts.push(mediumText(node["node-name"] ?? "", "", node, isVerbose));
    }
    return texts.join("\n");
  }
  for (const block of (await call("query-block")) as unknown as readonly BlockInfo[]) {
    if (wanted !== undefined && wanted !== block.device) continue;
    const { device, inserted } = block;
    if (inserted === undefined) texts.push(`${device}: [not inserted]\n${placeText(block)}`);
    else {
      const node = inserted["node-name"];
      const name = node === undefined ? device : `${device} (${node})`;
      texts.push(mediumText(name, placeText(block), inserted, isVerbose));
    }
  }
  return texts.join("\n");
}

function placeText(block: BlockInfo): string {
  const status = block["io-status"];
  const lines = [
    block.qdev === undefined ? "" : `    Attached to:      ${block.qdev}\n`,
    status === undefined || status === "ok" ? "" : `    I/O status:       ${status}\n`,
    block.removable
      ? `    Removable device: ${block.locked ? "" : "not "}locked, tray ${block.tray_open === true ? "open" : "closed"}\n`
      : "",
  ];
  return lines.join("");
}

function mediumText(name: string, place: string, medium: BlockDeviceInfo, isVerbose: boolean): string {
  const { cache, file, drv, ro } = medium;
  const modes = [
    cache.writeback ? "writeback" : "writethrough",
    ...(cache.direct ? ["direct"] : []),
    ...(cache["no-flush"] ? ["ignore flushes"] : []),
  ];
  const cacheText = `    Cache mode:       ${modes.join(", ")}\n`;
  const text = `${name}: ${visibleInLine(file)} (${drv}${ro ? ", read-only" : ""})\n${place}${cacheText}`;
  if (!isVerbose) return text;
  const { image } = medium;
  const size = image["virtual-size"];
  const disk = image["actual-size"];
  return `${text}
Images:
image: ${visibleInLine(image.filename)}
file format: ${image.format}
virtual size: ${sizeText(Number(size))} (${size} bytes)
disk size: ${disk === undefined ? "unavailable" : sizeText(Number(disk))}
`;
}

/** Three digits, as QEMU tells sizes. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${Number(value.toPrecision(3))} ${UNITS[unit]}`;
}
