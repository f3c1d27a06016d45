// Latencies in buckets that grow with the value: 64 to each doubling, so that a percentile is exact to 1.6 %, in a few kilobytes
// however many requests there were, and histograms of several runs can be added up.

const bucketsPerDoubling = 64;
/** Doublings above 1 µs: up to 18 minutes. */
const doublings = 30;
const bucketCount = bucketsPerDoubling * doublings;

/** Counts by bucket, as it travels between processes. */
export type HistogramData = Float64Array;

export class LatencyHistogram {
  readonly counts: HistogramData;

  constructor(counts: HistogramData = new Float64Array(bucketCount)) {
    this.counts = counts;
  }

  record(milliseconds: number): void {
    const micros = Math.max(milliseconds * 1000, 1);
    const bucket = Math.min(Math.floor(Math.log2(micros) * bucketsPerDoubling), bucketCount - 1);
    (this.counts[bucket] as number)++;
  }

  add(other: HistogramData): void {
    for (let i = 0; i < bucketCount; i++) (this.counts[i] as number) += other[i] as number;
  }

  /** @param share 0.99 for the 99th percentile. @returns milliseconds; NaN when nothing was recorded */
  percentile(share: number): number {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    let left = total * share;
    for (let i = 0; i < bucketCount; i++) {
      const count = this.counts[i] as number;
      left -= count;
      // The middle of the bucket, as its logarithm goes.
      if (left <= 0 && count > 0) return 2 ** ((i + 0.5) / bucketsPerDoubling) / 1000;
    }
    return Number.NaN;
  }
}
