// Object names: 1 to 1023 bytes of UTF-8 that do not begin with '/' or '\' (OSS naming rules), and the expansion of `${filename}`.
// A name is opaque: '..', '//' and a trailing '/' are kept exactly, nothing is normalised.

import { OssError } from './errors.ts';
import { encodeUtf8 } from './utf8.ts';

declare const proven: unique symbol;

/** A string that keeps the object naming rules. Only {@link parseObjectName} makes one. */
export type ObjectName = string & { readonly [proven]: 'ObjectName' };

export const objectNameBytesMax = 1023;

/** @throws OssError InvalidObjectName (empty, over 1023 bytes of UTF-8, a first '/' or '\', NUL, or an unpaired surrogate) */
export function parseObjectName(text: string): ObjectName {
  if (text === '') throw new OssError('InvalidObjectName.empty');
  if (text.length > objectNameBytesMax || isTooLongInUtf8(text)) {
    throw new OssError('InvalidObjectName.tooLong');
  }
  if (text.startsWith('/') || text.startsWith('\\')) throw new OssError('InvalidObjectName');
  if (text.includes('\0') || !text.isWellFormed()) throw new OssError('InvalidObjectName');
  return text as ObjectName;
}

/**
 * The value of the form's `key` with every `${filename}` replaced by the file's own name. Conditions of the policy are checked
 * BEFORE this, on the value as sent (PostObject reference, "Conditions").
 */
export function expandFileName(key: string, fileName: string | undefined): string {
  // A function as the replacement: a file called `$&.txt` must not be read as a pattern. One pass, so that a file called
  // `${filename}` is not expanded again.
  return key.replaceAll('${filename}', () => baseName(fileName ?? ''));
}

/** The part after the last '/' or '\': browsers send the bare name, but old ones and scripts send whole paths. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function isTooLongInUtf8(text: string): boolean {
  // Three bytes for a character at most: the few that are long enough to be counted are.
  return text.length * 3 > objectNameBytesMax && encodeUtf8(text).length > objectNameBytesMax;
}
