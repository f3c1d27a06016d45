// Tags of objects and their rules (OSS API: PutObjectTagging; "x-oss-tagging" of PutObject, CopyObject and their like; the page on
// HTTP 400 errors). Tags come in a document, a header or a form field; whichever it is, they pass `checkObjectTags`.

import { OssError } from './errors.ts';
import { decodePercent } from './percent.ts';
import { encodeUtf8 } from './utf8.ts';

/** Case-sensitive both. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const objectTagsMax = 10;
export const tagKeyBytesMax = 128;
export const tagValueBytesMax = 256;

/** Ten tags of the greatest length, every byte of them escaped, fit in with room to spare. */
const taggingHeaderCharsMax = 16 * 1024;

/** Letters of the Latin alphabet, digits, blanks and `+ - = . _ : /`. */
const tagCharacters = /^[A-Za-z0-9 +\-=._:/]*$/;

/**
 * Reads `x-oss-tagging`: pairs like those of a query, percent-encoded, `+` for a blank. A pair without `=` has an empty value.
 *
 * @param text undefined or empty: no tags
 * @throws OssError InvalidArgument.tagging, InvalidTag…
 */
export function parseTaggingHeader(text: string | undefined): readonly Tag[] {
  if (!text) return [];
  if (text.length > taggingHeaderCharsMax) throw malformed(text);
  const tags = text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => parsePair(pair, text));
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw malformed(text);
  return checkObjectTags(tags);
}

function parsePair(pair: string, header: string): Tag {
  const [rawKey = '', rawValue = '', more] = pair.split('=');
  // The `=` of a key or a value is escaped: `aa=bb=cc` can be read in two ways.
  if (more !== undefined) throw malformed(header);
  const key = decodePercent(rawKey.replaceAll('+', '%20'));
  const value = decodePercent(rawValue.replaceAll('+', '%20'));
  if (key === undefined || value === undefined) throw malformed(header);
  return { key, value };
}

function malformed(header: string): OssError {
  return new OssError('InvalidArgument.tagging', {
    ArgumentName: 'x-oss-tagging',
    ArgumentValue: header,
  });
}

/**
 * @returns the same tags
 * @throws OssError InvalidTag.tooMany, .repeated, .keyLength, .key, .value
 */
export function checkObjectTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > objectTagsMax) throw new OssError('InvalidTag.tooMany', { limit: objectTagsMax });
  for (const { key, value } of tags) {
    const keyBytes = encodeUtf8(key).length;
    if (keyBytes < 1 || keyBytes > tagKeyBytesMax)
      throw new OssError('InvalidTag.keyLength', { TagKey: key });
    if (!tagCharacters.test(key)) throw new OssError('InvalidTag.key', { TagKey: key });
    if (encodeUtf8(value).length > tagValueBytesMax || !tagCharacters.test(value)) {
      throw new OssError('InvalidTag.value', { TagKey: key, TagValue: value });
    }
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw new OssError('InvalidTag.repeated');
  return tags;
}
