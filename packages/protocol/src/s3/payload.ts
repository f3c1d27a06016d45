// What a request says of its body before sending it: `x-amz-content-sha256` (AWS: "Signature Calculation", "Payload"). Whatever it
// promises here is kept or the body is refused; a value that promises something unknown is no value.

import { OssError } from '../errors.ts';

export const unsignedS3Payload = 'UNSIGNED-PAYLOAD';

export type S3Payload =
  | { readonly kind: 'unsigned' }
  /** The body has this SHA-256, in lower-case hex. */
  | { readonly kind: 'hashed'; readonly sha256: string }
  /** The body is framed in chunks ({@link S3ChunkReader}). */
  | { readonly kind: 'chunked'; readonly isSigned: boolean; readonly hasTrailer: boolean };

const named: Readonly<Record<string, S3Payload>> = {
  [unsignedS3Payload]: { kind: 'unsigned' },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { kind: 'chunked', isSigned: true, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { kind: 'chunked', isSigned: true, hasTrailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { kind: 'chunked', isSigned: false, hasTrailer: true },
};

/** @throws OssError InvalidArgument.s3ContentSha256 */
export function parseS3Payload(value: string): S3Payload {
  if (Object.hasOwn(named, value)) return named[value] as S3Payload;
  if (/^[0-9a-f]{64}$/.test(value)) return { kind: 'hashed', sha256: value };
  throw new OssError('InvalidArgument.s3ContentSha256', {
    ArgumentName: 'x-amz-content-sha256',
    ArgumentValue: value,
  });
}

/**
 * What a request says of its body. Version 2 signs no body; a hash that comes along is held against it all the same.
 *
 * @throws OssError InvalidArgument.s3ContentSha256
 */
export function payloadOf(
  signature: { readonly version: 'v2' } | { readonly version: 'v4'; readonly payload: string } | undefined,
  headers: ReadonlyMap<string, string>,
): S3Payload {
  if (signature?.version === 'v4') return parseS3Payload(signature.payload);
  return parseS3Payload(headers.get('x-amz-content-sha256')?.trim() ?? unsignedS3Payload);
}
