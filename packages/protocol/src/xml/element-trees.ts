// Elements that many documents have in common: owners, ETags in their quotes, names in the encoding that the client asked for.

import { encodeComponent } from '../percent.ts';
import { type WrittenElements, writeText, type XmlTree } from './write-xml.ts';

export interface Owner {
  readonly id: string;
  readonly displayName: string;
}

export function ownerTree({ id, displayName }: Owner): XmlTree {
  return [
    'Owner',
    [
      ['ID', id],
      ['DisplayName', displayName],
    ],
  ];
}

/** `encoding-type=url`: the client wants names percent-encoded, `/` too. Undefined: as they are. */
export type NameEncoding = 'url' | undefined;

/** An element that holds a name or a part of one. */
export function nameTree(encoding: NameEncoding, element: string, text: string): XmlTree {
  return [element, encodeName(encoding, text)];
}

/** The text of such an element, as it stands in a document. */
export function writeName(encoding: NameEncoding, text: string): string {
  return writeText(encodeName(encoding, text));
}

/** This is the one place where `encoding-type` takes effect. */
function encodeName(encoding: NameEncoding, text: string): string {
  return encoding === 'url' ? encodeComponent(text) : text;
}

/** SDKs decode names only when this element tells them to. */
export function encodingTree(encoding: NameEncoding): XmlTree | undefined {
  return optional('EncodingType', encoding);
}

/** For a root: of a thousand names, as text. */
export function writeCommonPrefixes(encoding: NameEncoding, prefixes: readonly string[]): WrittenElements {
  let written = '';
  for (const prefix of prefixes) {
    written += `  <CommonPrefixes>
    <Prefix>${writeName(encoding, prefix)}</Prefix>
  </CommonPrefixes>
`;
  }
  return { written };
}

/** @param etag without quotes */
export function etagTree(etag: string): XmlTree {
  return ['ETag', `"${etag}"`];
}

export function optional(name: string, text: string | undefined): XmlTree | undefined {
  return text === undefined ? undefined : [name, text];
}
