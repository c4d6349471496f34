/** Commands of the human monitor that take media out of drives, and put others in. */

import { QmpError } from "../qmp/errors.ts";
import type { HmpCommand } from "./command.ts";

const READ_ONLY_MODES: readonly unknown[] = ["retain", "read-only", "read-write"];

export const MEDIA_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["eject"],
    usage: "[-f] device",
    help: "take out a medium (-f: also one that the guest has locked)",
    parameters: [
      { kind: "flag", name: "force", letter: "f" },
      { kind: "block device", name: "device" },
    ],
    async run(args, { call }) {
      await call("eject", { device: args.get("device"), force: args.has("force") });
      return "";
    },
  },
  {
    names: ["change"],
    usage: "device [-f] filename [format [read-only-mode]]",
    help: "exchange a medium (-f: also a locked one)",
    parameters: [
      { kind: "block device", name: "device" },
      { kind: "flag", name: "force", letter: "f" },
      { kind: "filename", name: "filename" },
      { kind: "string", name: "format", optional: true },
      { kind: "string", name: "read-only-mode", optional: true },
    ],
    async run(args, { call }) {
      const mode = args.get("read-only-mode");
      if (mode !== undefined && !READ_ONLY_MODES.includes(mode)) {
        throw new QmpError(`invalid parameter value: ${mode}`);
      }
      await call("blockdev-change-medium", {
        device: args.get("device"),
        filename: args.get("filename"),
        format: args.get("format"),
        force: args.has("force"),
        "read-only-mode": mode,
      });
      return "";
    },
  },
];
