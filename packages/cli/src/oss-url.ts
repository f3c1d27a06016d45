// `oss://bucket/key`, as ossutil writes it. The key is taken as it stands: nothing is percent-decoded, since `%` is an ordinary character
// of object names.

import { isBucketName } from '@postern/protocol';
import { UsageError } from './command-error.ts';

export interface OssUrl {
  readonly bucket: string;
  /** A key, a prefix, or empty for the bucket itself. */
  readonly key: string;
}

const scheme = 'oss://';

export function isOssUrl(text: string): boolean {
  return text.startsWith(scheme);
}

/** @throws UsageError */
export function parseOssUrl(text: string): OssUrl {
  if (!isOssUrl(text)) throw new UsageError(`"${text}" is not an address such as oss://bucket/key`);
  const [bucket = '', ...rest] = text.slice(scheme.length).split('/');
  if (!isBucketName(bucket)) {
    throw new UsageError(
      `"${text}": a bucket name has 3 to 63 of a-z, 0-9 and "-", a letter or digit first and last`,
    );
  }
  return { bucket, key: rest.join('/') };
}

/** @throws UsageError when there is no key */
export function parseObjectUrl(text: string): OssUrl {
  const url = parseOssUrl(text);
  if (url.key === '') throw new UsageError(`"${text}" names a bucket; an object is oss://${url.bucket}/KEY`);
  return url;
}

/** @throws UsageError when there is a key */
export function parseBucketUrl(text: string): string {
  const url = parseOssUrl(text);
  if (url.key !== '') throw new UsageError(`"${text}" names an object; the bucket is oss://${url.bucket}`);
  return url.bucket;
}

/**
 * Fit for a terminal and for one line: names come from whoever uploaded, and may hold line feeds and escape sequences, which are shown
 * as `\u001b`.
 */
export function writeOssUrl(bucket: string, key: string): string {
  return showText(`${scheme}${bucket}/${key}`);
}

/** Controls, and the marks that turn the direction of text around, as escapes. */
export function showText(text: string): string {
  return text.replace(
    /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
