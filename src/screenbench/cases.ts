/** What is measured: every combination of the sizes, formats, numbers of clients, devices and targets that were asked for. */

import { UsageError } from "../loadgen/load-error.ts";

export const FORMATS = ["png", "ppm"] as const;
export type Format = (typeof FORMATS)[number];

/** `pc`: the display of a whole PC, whose guest has painted a picture. */
export const DEVICES = ["VGA", "qxl", "pc"] as const;
export type Device = (typeof DEVICES)[number];

/** `tmpfs`: a file in memory.  `disk`: a file.  `reply`: no file, the picture comes in the reply of `screendump-data`. */
export const TARGETS = ["tmpfs", "disk", "reply"] as const;
export type Target = (typeof TARGETS)[number];

export interface PictureSize {
  /** As people say it: `1080p`, `4K`, or `800x600`. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

/** Who asks, one dump in flight each. */
export interface Crowd {
  readonly count: number;
  /** `own`: each client has a console to itself.  `shared`: all wait on one. */
  readonly consoles: "own" | "shared";
}

/** What servers that are started here show; running ones show what they show. */
export interface Scene {
  readonly size: PictureSize;
  readonly device: Device;
}

export interface DumpCase {
  /** Undefined where no server is started here. */
  readonly scene: Scene | undefined;
  readonly format: Format;
  readonly crowd: Crowd;
  readonly target: Target;
}

const NAMED_SIZES: readonly PictureSize[] = [
  { label: "720p", width: 1280, height: 720 },
  { label: "1080p", width: 1920, height: 1080 },
  { label: "1440p", width: 2560, height: 1440 },
  { label: "4K", width: 3840, height: 2160 },
];

/** Throws {@link UsageError}. */
export function parseSize(text: string): PictureSize {
  const named = NAMED_SIZES.find(({ label }) => label.toLowerCase() === text.toLowerCase());
  if (named !== undefined) return named;
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? [];
  if (width === undefined || height === undefined) {
    const names = NAMED_SIZES.map(({ label }) => label).join(", ");
    throw new UsageError(`--size: '${text}' is no size: write WIDTHxHEIGHT, or one of ${names}`);
  }
  return { label: text, width: Number(width), height: Number(height) };
}

export interface Matrix {
  readonly scenes: readonly (Scene | undefined)[];
  readonly formats: readonly Format[];
  readonly crowds: readonly Crowd[];
  readonly targets: readonly Target[];
}

/** The sizes change fastest, so that what belongs into one line of a chart stands together. */
export function expandCases({ scenes, formats, crowds, targets }: Matrix): DumpCase[] {
  return targets.flatMap((target) =>
    crowds.flatMap((crowd) =>
      formats.flatMap((format) => scenes.map((scene) => ({ scene, format, crowd, target }))),
    ),
  );
}

export function crowdText({ count, consoles }: Crowd): string {
  if (consoles === "shared") return `${count} waiters`;
  return count === 1 ? "1 client" : `${count} clients`;
}

export function caseText(dumpCase: DumpCase): string {
  const { scene, format, crowd, target } = dumpCase;
  const picture = scene === undefined ? format : `${format} ${scene.size.label} ${scene.device}`;
  return `${picture}, ${crowdText(crowd)}, ${target}`;
}
