/**
 * Does a figure grow?  Samples are taken at rest, so that a service that keeps nothing shows the same each time, but for noise.
 *
 *     sample   0 | 1 ... half | ... | last quarter
 *              warm-up  early           late
 *
 * It has grown when even the least late sample is above the greatest early one, and above what noise is allowed.
 */

export interface Tolerance {
  /** Of the greatest early sample. */
  readonly share: number;
  /** Added to it, in the figure's unit. */
  readonly slack: number;
}

export interface Growth {
  readonly early: number;
  readonly late: number;
  readonly limit: number;
  readonly hasGrown: boolean;
}

/** Fewer say nothing: the first is the warm-up, and there have to be early and late ones. */
export const SAMPLES_MIN = 4;

export function judgeGrowth(samples: readonly number[], { share, slack }: Tolerance): Growth {
  if (samples.length < SAMPLES_MIN) throw new Error(`${SAMPLES_MIN} samples are needed to see growth`);
  const half = Math.ceil(samples.length / 2);
  const early = Math.max(...samples.slice(1, half + 1));
  const late = Math.min(...samples.slice(-Math.max(1, Math.floor(samples.length / 4))));
  const limit = early * (1 + share) + slack;
  return { early, late, limit, hasGrown: late > limit };
}
