/** Handlers of the commands in `schema/block-core.json` that are about block nodes. */

import type { BlockCoreHandlers } from "../qapi/generated/block-core.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { type BlockGraph, nodeNames } from "./block-graph.ts";

/** All but what tells of the machine's drives.  `graph` belongs to the machine; whoever made it closes it. */
export function blockCoreHandlers(
  graph: BlockGraph,
): Omit<BlockCoreHandlers<PlainContext, CommandContext>, "query-block"> {
  return {
    "blockdev-add": {
      handle: (options, { signal }) => graph.add(options, signal),
      resources(options) {
        const { made, referred } = nodeNames(options);
        return [
          ...Array.from(made, (name) => nodeClaim(name, "exclusive")),
          ...Array.from(referred, (name) => nodeClaim(name, "shared")),
        ];
      },
    },
    "blockdev-del": {
      handle: (args) => graph.remove(args["node-name"]),
      resources: (args) => [nodeClaim(args["node-name"], "exclusive")],
    },
    "query-named-block-nodes": () => graph.info(),
  };
}

/** Commands that use the same node take turns. */
export function nodeClaim(name: string, mode: ResourceClaim["mode"]): ResourceClaim {
  return { resource: `block-node:${name}`, mode };
}
