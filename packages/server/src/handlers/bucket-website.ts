// PutBucketWebsite, GetBucketWebsite and DeleteBucketWebsite. What a site shows to whom is in website.ts.

import { OssError } from '@postern/protocol';
import { parseWebsiteConfiguration, writeWebsiteConfiguration } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketWebsite, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketWebsite(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketWebsite, parseWebsiteConfiguration(await readDocument(call.request)));
  return { status: 200 };
}

export async function getBucketWebsite({ bucket }: BucketCall): Promise<Reply> {
  const site = bucketWebsite.find(bucket);
  if (!site) throw new OssError('NoSuchWebsiteConfiguration', { BucketName: bucket.name });
  return xmlReply(writeWebsiteConfiguration(site));
}

export async function deleteBucketWebsite(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketWebsite, undefined);
  return { status: 204 };
}
