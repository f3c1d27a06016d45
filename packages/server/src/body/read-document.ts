// Bodies that are documents (configurations, lists of keys): read whole, within a bound, as text.

import { createHash } from 'node:crypto';
import { decodeUtf8, OssError } from '@postern/protocol';
import type { OssRequest } from '../call.ts';
import { checkContentMd5, parseContentMd5 } from './content-md5.ts';
import { checkNotTooLarge, limitSize } from './size-limit.ts';

/** The longest document that any operation takes (DeleteMultipleObjects reference): 2 MB. */
export const documentBytesMax = 2 * 1024 * 1024;

/**
 * The body as text; empty when there is none. A Content-MD5 is checked.
 *
 * @throws OssError EntityTooLarge, InvalidDigest, MalformedXML (not UTF-8), ServiceUnavailable
 */
export async function readDocument(request: OssRequest): Promise<string> {
  const text = decodeUtf8(await readDocumentBytes(request));
  if (text === undefined) throw new OssError('MalformedXML');
  return text;
}

/** {@link readDocument} before it is text. @throws OssError EntityTooLarge, InvalidDigest, ServiceUnavailable */
export async function readDocumentBytes(request: OssRequest): Promise<Uint8Array> {
  const range = { minBytes: 0, maxBytes: documentBytesMax };
  const declaredMd5 = parseContentMd5(request.headers.get('content-md5'));
  checkNotTooLarge(request.contentLength ?? 0, range);
  const chunks: Uint8Array[] = [];
  // Copied: whoever gives out chunks may use their memory again.
  let bytesKept = 0;
  for await (const chunk of limitSize(request.body, range)) {
    bytesKept += chunk.length;
    request.load.holdFields(bytesKept);
    chunks.push(Uint8Array.from(chunk));
  }
  const bytes = Buffer.concat(chunks);
  checkContentMd5(declaredMd5, createHash('md5').update(bytes).digest('hex').toUpperCase());
  return bytes;
}
