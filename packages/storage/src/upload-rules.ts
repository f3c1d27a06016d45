// What the parts of a multipart upload have to be, and what object they make (OSS API: UploadPart, CompleteMultipartUpload). Pure; nothing
// here reads a byte of them: digests of the whole follow from those of the parts.

import { hash } from 'node:crypto';
import { joinCrc64 } from './crc64.ts';
import type { ObjectSummary, PartRecord } from './records.ts';

/**
 * Whether a part may have this number in an upload whose parts come in order: that of the next one, or of the last one again, for a
 * client that did not hear that it was stored.
 *
 * @param lastNumber 0 when there is none yet
 */
export function isInSequence(partNumber: number, lastNumber: number): boolean {
  return partNumber === lastNumber + 1 || (partNumber === lastNumber && lastNumber > 0);
}

/** A part as the completion names it: its ETag in upper case, without quotes. */
export interface NamedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** What an object of parts says of its body. */
export type WholeBody = Pick<ObjectSummary, 'size' | 'etag' | 'crc64'>;

export type CompletionPlan =
  | { readonly outcome: 'planned'; readonly parts: readonly PartRecord[]; readonly whole: WholeBody }
  | ({ readonly outcome: 'invalid-part' } & NamedPart)
  | { readonly outcome: 'too-small' };

/**
 * @param stored all parts of the upload, by number
 * @param named in ascending order of their numbers; `all` takes every part there is
 * @param partBytesMin what every part but the last must have
 */
export function planCompletion(
  stored: readonly PartRecord[],
  named: readonly NamedPart[] | 'all',
  partBytesMin: number,
): CompletionPlan {
  const byNumber = new Map(stored.map((part) => [part.partNumber, part]));
  const missing =
    named === 'all' ? undefined : named.find((part) => byNumber.get(part.partNumber)?.etag !== part.etag);
  if (missing) return { outcome: 'invalid-part', partNumber: missing.partNumber, etag: missing.etag };
  const parts = named === 'all' ? stored : named.map((part) => byNumber.get(part.partNumber) as PartRecord);
  // An object cannot be made of nothing: it is the first part that is missing.
  if (parts.length === 0) return { outcome: 'invalid-part', partNumber: 1, etag: '' };
  if (parts.slice(0, -1).some(({ size }) => size < partBytesMin)) return { outcome: 'too-small' };
  return { outcome: 'planned', parts, whole: joinParts(parts) };
}

function joinParts(parts: readonly PartRecord[]): WholeBody {
  const etags = parts.map(({ etag }) => etag).join('');
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    // The MD5 of the whole cannot be known; this is what OSS answers.
    etag: `${hash('md5', etags, 'hex').toUpperCase()}-${parts.length}`,
    crc64: joinCrc64(parts),
  };
}
