// ListParts: what has arrived of an upload. ListMultipartUploads: the uploads of a bucket that have neither been completed nor aborted.

import { OssError } from '@postern/protocol';
import { partNumberMax, writePartList, writeUploadList } from '@postern/protocol/xml';
import type { BucketCall, ObjectCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseNameEncoding } from '../objects/list-parameters.ts';
import { uploadIdOf } from '../objects/upload-id.ts';

/** Entries of a page, unless a client asks for fewer. */
export const partsMax = 1000;
export const uploadsMax = 1000;

export async function listParts({ request, bucket, key, services }: ObjectCall): Promise<Reply> {
  const { query } = request;
  const uploadId = uploadIdOf(request);
  const encoding = parseNameEncoding(query);
  const maxParts = parseCount(query.get('max-parts'), partsMax, 'max-parts');
  const partNumberMarker = parseMarker(query.get('part-number-marker'));
  const noUpload = () => new OssError('NoSuchUpload', { UploadId: uploadId });
  const upload = await services.store.findUpload(bucket.name, key, uploadId);
  if (!upload) throw noUpload();
  const place = { bucket: bucket.name, key, uploadId };
  const page = await services.store.listParts({ ...place, after: partNumberMarker, limit: maxParts });
  if (!page) throw noUpload();
  const { storageClass } = upload;
  const { parts, next: nextPartNumberMarker } = page;
  return xmlReply(
    writePartList({
      ...place,
      storageClass,
      partNumberMarker,
      maxParts,
      encoding,
      parts,
      nextPartNumberMarker,
    }),
  );
}

export async function listMultipartUploads({ request, bucket, services }: BucketCall): Promise<Reply> {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  // Without a key it has no effect (ListMultipartUploads reference).
  const uploadIdMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const maxUploads = parseCount(query.get('max-uploads'), uploadsMax, 'max-uploads');
  const encoding = parseNameEncoding(query);
  const page = await services.store.listUploads({
    bucket: bucket.name,
    prefix,
    delimiter,
    after: keyMarker,
    afterUploadId: uploadIdMarker || undefined,
    limit: maxUploads,
  });
  return xmlReply(
    writeUploadList({
      bucket: bucket.name,
      prefix,
      delimiter,
      keyMarker,
      uploadIdMarker,
      maxUploads,
      encoding,
      next: page.next && { keyMarker: page.next.key, uploadIdMarker: page.next.uploadId ?? '' },
      uploads: page.uploads,
      commonPrefixes: page.commonPrefixes,
    }),
  );
}

const countRefusals = {
  'max-parts': 'InvalidArgument.maxParts',
  'max-uploads': 'InvalidArgument.maxUploads',
} as const;

/** @throws OssError InvalidArgument.maxParts, InvalidArgument.maxUploads unless it is an integer from 1 to `max` */
function parseCount(text: string | undefined, max: number, name: keyof typeof countRefusals): number {
  if (text === undefined || text === '') return max;
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw new OssError(countRefusals[name], { limit: max, ArgumentName: name, ArgumentValue: text });
}

/** @throws OssError InvalidArgument.partNumberMarker */
function parseMarker(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const marker = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (marker <= partNumberMax) return marker;
  throw new OssError('InvalidArgument.partNumberMarker', {
    limit: partNumberMax,
    ArgumentName: 'part-number-marker',
    ArgumentValue: text,
  });
}
