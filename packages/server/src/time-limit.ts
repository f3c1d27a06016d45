// The whole of a form must be here before its policy expires (error page 0006-00000213, which names slow uploads), so that expiry is
// watched while the file streams in.

import { OssError } from '@postern/protocol';

/**
 * The same chunks, as long as the time is not over. The moment of expiration itself is still in time.
 *
 * @param clock milliseconds since the epoch, as `expiresAtMs`
 * @throws OssError AccessDenied.policyExpired
 */
export async function* limitTime(
  body: AsyncIterable<Uint8Array>,
  expiresAtMs: number,
  clock: () => number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const checkInTime = () => {
    if (clock() > expiresAtMs) throw new OssError('AccessDenied.policyExpired');
  };
  for await (const chunk of body) {
    checkInTime();
    yield chunk;
  }
  checkInTime();
}
