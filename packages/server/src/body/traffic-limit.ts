// `x-oss-traffic-limit`: a client asks for less than the whole line, for one upload or download (OSS guide: "Single-connection bandwidth
// throttling"). A body that is read slowly is sent slowly; TCP sees to that.

import { setTimeout as sleep } from 'node:timers/promises';
import { OssError } from '@postern/protocol';
import type { OssRequest } from '../call.ts';

const name = 'x-oss-traffic-limit';
/** 100 KB/s. */
export const bitsPerSecondMin = 819_200;
/** 100 MB/s. */
export const bitsPerSecondMax = 838_860_800;

/** Bodies are handed on in pieces of at most this size: at the lowest limit two of them a second. */
const pieceBytesMax = 64 * 1024;

/**
 * @returns bits per second; undefined when no limit is asked for
 * @throws OssError InvalidArgument.trafficLimit, InvalidArgument.trafficLimitTwice
 */
export function parseTrafficLimit({
  headers,
  query,
}: Pick<OssRequest, 'headers' | 'query'>): number | undefined {
  const inHeader = headers.get(name);
  const inQuery = query.get(name);
  if (inHeader !== undefined && inQuery !== undefined)
    throw new OssError('InvalidArgument.trafficLimitTwice', { ArgumentName: name });
  const value = inHeader ?? inQuery;
  if (value === undefined) return undefined;
  const bitsPerSecond = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (bitsPerSecond < bitsPerSecondMin || bitsPerSecond > bitsPerSecondMax) {
    throw new OssError('InvalidArgument.trafficLimit', { ArgumentName: name, ArgumentValue: value });
  }
  return bitsPerSecond;
}

/** Time as it passes, not as a clock that is set tells it. */
export interface Pace {
  nowMs(): number;
  sleep(durationMs: number): Promise<unknown>;
}

const realPace: Pace = { nowMs: () => performance.now(), sleep };

/** The same bytes, no faster than that. Time that a slow body leaves unused is not made up for. */
export async function* limitTraffic(
  body: AsyncIterable<Uint8Array>,
  bitsPerSecond: number,
  pace = realPace,
): AsyncGenerator<Uint8Array, void, undefined> {
  let dueMs = pace.nowMs();
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += pieceBytesMax) {
      const piece = chunk.subarray(at, at + pieceBytesMax);
      yield piece;
      const nowMs = pace.nowMs();
      dueMs = Math.max(dueMs, nowMs) + (piece.length * 8 * 1000) / bitsPerSecond;
      await pace.sleep(dueMs - nowMs);
    }
  }
}
