/** Names of what `--out` writes; apart from `report.ts`, whose charts take long to load. */

export const OUTPUT_FILES = {
  data: "screendump.json",
  report: "report.html",
  chart: "dumps-per-second.svg",
} as const;
