// The tags of an object or a bucket as a document (PutObjectTagging, GetObjectTagging, PutBucketTags, GetBucketTags). How many there
// may be and what they may hold differs between the two; it is checked by whoever takes them.

import { OssError } from '../errors.ts';
import type { Tag } from '../object-tags.ts';
import { findChildren, findText, readXml, type XmlElement } from './read-xml.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

export function writeTagging(tags: readonly Tag[]): string {
  return writeXml(['Tagging', [['TagSet', tags.map(tagTree)]]]);
}

export function tagTree({ key, value }: Tag): XmlTree {
  return [
    'Tag',
    [
      ['Key', key],
      ['Value', value],
    ],
  ];
}

/** Texts are taken exactly, blanks around them included. @throws OssError MalformedXML (no TagSet, or a Tag without a Key) */
export function parseTagging(document: string | Uint8Array): readonly Tag[] {
  const [tagSet, second] = findChildren(readXml(document, 'Tagging'), 'TagSet');
  if (tagSet === undefined || second !== undefined) throw new OssError('MalformedXML');
  return findChildren(tagSet, 'Tag').map(parseTag);
}

/** Reads {@link tagTree}; a Value may be missing. @throws OssError MalformedXML */
export function parseTag(element: XmlElement): Tag {
  const key = findText(element, 'Key');
  if (key === undefined) throw new OssError('MalformedXML');
  return { key, value: findText(element, 'Value') ?? '' };
}
