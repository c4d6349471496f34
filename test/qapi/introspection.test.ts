/**
 * The interface is QEMU's: what both have is the same, followed from each command and event through all
 * the types that it leads to.  Real QEMU 7.2 tells its side.
 */

import { expect, it } from "vitest";
import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import { askQemu, qemuMissing } from "../support/qemu.ts";
import { compareSchemas, type SchemaEntry } from "../support/schema-graph.ts";

/** Differences that are meant, by the reason for them.  Of what is compared, all else is the same. */
const MEANT: readonly { readonly reason: string; readonly differences: readonly RegExp[] }[] = [
  {
    reason:
      "added here: asynchronous commands and what goes with them, and snapshots of machines without a disk",
    differences: [
      /^COMMAND_PROGRESS: here only$/,
      /^(cancel-command|query-sessions|screendump-data|query-snapshots): here only$/,
      /^qmp_capabilities\(\.enable\[\]=async: here only$/,
      /^query-qmp-schema\)\[\]<command>\.async: here only$/,
    ],
  },
  {
    reason: "not emulated: block drivers but null-co, file, raw and blkdebug, and most of their options",
    differences: [
      /^blockdev-add\((\.driver=|<)[a-z0-9-_]+>?: there only$/,
      /^blockdev-add\(\.(auto-read-only|cache|detect-zeroes|discard|force-share): there only$/,
      /^blockdev-add\(<(blkdebug|file|null-co)>\.[a-z-]+: there only$/,
      /^blockdev-add\(<file> features: {2}here, dynamic-auto-read-only there$/,
    ],
  },
  {
    reason: "not emulated: what a block node would tell of throttling, bitmaps and image formats",
    differences: [
      /^query-named-block-nodes\)\[\]\.(backing_file|dirty-bitmaps|group): there only$/,
      /^query-named-block-nodes\)\[\]\.(bps|iops)_[a-z_]+: there only$/,
      /^query-named-block-nodes\)\[\]\.image\.[a-z-]+: there only$/,
    ],
  },
  {
    reason: "not emulated: jobs that copy disks, and the counting of instructions",
    differences: [
      /^query-jobs\)\[\]\.type=[a-z]+: there only$/,
      /^query-(block|named-block-nodes)\)\[\]\.(inserted\.)?image\.snapshots\[\]\.icount: there only$/,
    ],
  },
  {
    reason: "not emulated: a guest that tells why it panics",
    differences: [/^GUEST_PANICKED\(\.info: there only$/],
  },
  {
    reason: "not emulated: any target but i386 and x86_64, whose processors tell nothing of their own",
    differences: [
      /^query-target\)\.arch=[a-z0-9]+: there only$/,
      /^query-cpus-fast\)\[\] tag: undefined here, target there$/,
      /^query-cpus-fast\)\[\]<[a-z0-9_]+>: there only$/,
    ],
  },
  {
    reason: "not emulated: a window for the display",
    differences: [
      /^query-display-options\) tag: undefined here, type there$/,
      /^query-display-options\)\.(full-screen|gl|show-cursor|window-close): there only$/,
      /^query-display-options\)(\.type=|<)[a-z-]+>?: there only$/,
    ],
  },
  {
    reason: "not emulated: snapshots of the machine, whose nodes this feature is about",
    differences: [/^human-monitor-command features: {2}here, savevm-monitor-nodes there$/],
  },
];

/** A command or an event that is not here. */
const ABSENT = /^[A-Za-z0-9_-]+: there only$/;

it.skipIf(qemuMissing())("I1: what QEMU has too is the same as there, or meant to differ", async () => {
  const theirs = (await askQemu("query-qmp-schema")) as unknown as SchemaEntry[];
  const agreement = compareSchemas(schemaInfo({ QTEST: false }) as SchemaEntry[], theirs);
  const meant = MEANT.flatMap(({ differences }) => differences);
  const unmeant = agreement.differences.filter(
    (difference) => !ABSENT.test(difference) && !meant.some((pattern) => pattern.test(difference)),
  );
  expect(unmeant).toEqual([]);
  // A reason that explains nothing is not one.
  const idle = meant.filter(
    (pattern) => !agreement.differences.some((difference) => pattern.test(difference)),
  );
  expect(idle).toEqual([]);
  expect(agreement.commands).toBeGreaterThanOrEqual(30);
  expect(agreement.events).toBeGreaterThanOrEqual(8);
});
