// PutBucketVersioning and GetBucketVersioning.

import { OssError } from '@postern/protocol';
import { parseVersioningConfiguration, writeVersioningConfiguration } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketVersioning({ request, bucketName, services }: BucketCall): Promise<Reply> {
  const versioning = parseVersioningConfiguration(await readDocument(request));
  const changed = await services.store.changeBucket(bucketName, { versioning });
  if (!changed) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  return { status: 200 };
}

export async function getBucketVersioning({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeVersioningConfiguration(bucket.versioning));
}
