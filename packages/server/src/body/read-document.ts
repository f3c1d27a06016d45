// Bodies that are documents (configurations, lists of keys): read whole, within a bound, as text.

import { hash } from 'node:crypto';
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
  const declaredMd5 = parseContentMd5(request.headers.get('content-md5'));
  const bytes = await readWhole(request, documentBytesMax);
  checkContentMd5(declaredMd5, hash('md5', bytes, 'hex').toUpperCase());
  return bytes;
}

/** A body that is kept in memory. @throws OssError EntityTooLarge, ServiceUnavailable */
export async function readWhole(request: OssRequest, bytesMax: number): Promise<Uint8Array> {
  const range = { minBytes: 0, maxBytes: bytesMax };
  checkNotTooLarge(request.contentLength ?? 0, range);
  const chunks: Uint8Array[] = [];
  let bytesKept = 0;
  for await (const chunk of limitSize(request.body, range)) {
    bytesKept += chunk.length;
    request.load.holdFields(bytesKept);
    // Copied: whoever gives out chunks may use their memory again.
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks);
}
