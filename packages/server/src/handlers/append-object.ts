// AppendObject: an object that grows at its end (AppendObject reference). The writer says how long he believes it to be; of two who believe
// the same one is told that he is wrong, and where to go on.

import { fileBytesMax, type ObjectName, OssError } from '@postern/protocol';
import type { ObjectRecord } from '@postern/storage';
import { authorizeProperties } from '../access/authorize-properties.ts';
import { openSentBody } from '../body/sent-body.ts';
import { checkNotRetained } from '../buckets/worm.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { writtenHeaders } from '../objects/object-headers.ts';
import { checkObjectProperties, propertiesInHeaders } from '../objects/object-properties.ts';
import { getSameBucket } from '../objects/put-outcome.ts';

const nextPosition = 'x-oss-next-append-position';

export async function appendObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const position = parsePosition(request.query.get('position'));
  const { bytesAtLeast, chunks, checkDigests } = openSentBody(request, Math.max(0, fileBytesMax - position));
  const properties = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  await authorizeProperties(call, properties);
  const present = await services.store.findObject(bucket.name, key);
  checkEnd(present, key, position);
  if (present) checkNotRetained(bucket, present, services.clock());
  await request.load.admitUpload(bytesAtLeast);
  const place = { bucket: bucket.name, key, position };
  const result = await services.store.append({
    ...properties,
    ...place,
    body: chunks,
    checkDigests,
    checkAgain: async () => {
      const bucketNow = await getSameBucket(call);
      if (present) checkNotRetained(bucketNow, present, services.clock());
    },
  });
  switch (result.outcome) {
    case 'stored':
      return {
        status: 200,
        headers: { ...writtenHeaders(result.bucket, result.record), [nextPosition]: `${result.record.size}` },
      };
    case 'wrong-position':
      throw wrongPosition(key, result.length);
    case 'not-appendable':
      throw new OssError('ObjectNotAppendable', { Key: key });
    case 'no-bucket':
      throw new OssError('NoSuchBucket', { BucketName: bucket.name });
  }
}

/** @throws OssError InvalidArgument.position */
function parsePosition(text: string | undefined): number {
  const position = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(position)) return position;
  throw new OssError('InvalidArgument.position', { ArgumentName: 'position', ArgumentValue: text ?? '' });
}

/**
 * Tells before the bytes have been sent; storage checks again, and its answer counts.
 *
 * @throws OssError ObjectNotAppendable (also of a delete marker), PositionNotEqualToLength
 */
function checkEnd(record: ObjectRecord | undefined, key: ObjectName, position: number): void {
  if (record && record.objectType !== 'Appendable') throw new OssError('ObjectNotAppendable', { Key: key });
  const length = record?.size ?? 0;
  if (position !== length) throw wrongPosition(key, length);
}

function wrongPosition(key: ObjectName, length: number): OssError {
  return new OssError('PositionNotEqualToLength', { Key: key }, { headers: { [nextPosition]: `${length}` } });
}
