// PutBucketVersioning and GetBucketVersioning.

import { OssError } from '@postern/protocol';
import { parseVersioningConfiguration, writeVersioningConfiguration } from '@postern/protocol/xml';
import type { BucketCall, Reply } from '../call.ts';
import { readDocument } from '../read-document.ts';
import { xmlReply } from '../xml-reply.ts';

export async function putBucketVersioning({ request, bucketName, services }: BucketCall): Promise<Reply> {
  const versioning = parseVersioningConfiguration(await readDocument(request));
  const changed = await services.store.changeBucket(bucketName, { versioning });
  if (!changed) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  return { status: 200 };
}

export async function getBucketVersioning({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeVersioningConfiguration(bucket.versioning));
}
