// PutBucketPolicy and GetBucketPolicy of S3: the policy in force is the one in the words of OSS, and beside it stays what its author wrote, to
// be given back. A policy that was changed in OSS's words since is given back in those.

import { decodeUtf8, encodeUtf8, OssError } from '@postern/protocol';
import { toOssBucketPolicy } from '@postern/protocol/s3';
import { readDocumentBytes } from '../body/read-document.ts';
import type { BucketCall, OssRequest, Reply } from '../call.ts';

type Handler = (call: BucketCall) => Promise<Reply>;

/** Among a bucket's documents; part of the format on disk. */
const originalDocumentName = 's3Policy';

interface OriginalPolicy {
  /** As its author wrote it. */
  readonly s3: string;
  /** What was made of it. */
  readonly oss: string;
}

export async function putS3BucketPolicy(call: BucketCall, handler: Handler): Promise<Reply> {
  const s3 = decodeUtf8(await readDocumentBytes(call.request));
  if (s3 === undefined) throw new OssError('MalformedPolicy', { problem: 'Policies must be valid UTF-8.' });
  const oss = toOssBucketPolicy(s3);
  await handler({ ...call, request: withBody(call.request, oss) });
  const original: OriginalPolicy = { s3, oss };
  const documents = { [originalDocumentName]: JSON.stringify(original) };
  await call.services.store.changeBucket(call.bucketName, { documents });
  return { status: 204 };
}

export async function getS3BucketPolicy(call: BucketCall, handler: Handler): Promise<Reply> {
  const reply = await handler(call);
  const text = call.bucket.documents[originalDocumentName];
  if (text === undefined) return reply;
  const { s3, oss } = JSON.parse(text) as OriginalPolicy;
  return reply.body === oss ? { ...reply, body: s3 } : reply;
}

/** Held against its digests already. */
function withBody(request: OssRequest, text: string): OssRequest {
  const bytes = encodeUtf8(text);
  const headers = new Map(request.headers);
  headers.delete('content-md5');
  return { ...request, headers, contentLength: bytes.length, body: onePiece(bytes) };
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
