// Elements that many documents have in common: ETags in their quotes, names in the encoding that the client asked for.

import { encodeComponent } from '../percent.ts';
import type { XmlTree } from './write-xml.ts';

/** `encoding-type=url`: the client wants names percent-encoded, `/` too. Undefined: as they are. */
export type NameEncoding = 'url' | undefined;

/** An element that holds a name or a part of one. This is the one place where `encoding-type` takes effect. */
export function nameTree(encoding: NameEncoding, element: string, text: string): XmlTree {
  return [element, encoding === 'url' ? encodeComponent(text) : text];
}

/** SDKs decode names only when this element tells them to. */
export function encodingTree(encoding: NameEncoding): XmlTree | undefined {
  return optional('EncodingType', encoding);
}

export function commonPrefixTrees(encoding: NameEncoding, prefixes: readonly string[]): XmlTree[] {
  return prefixes.map((prefix) => ['CommonPrefixes', [nameTree(encoding, 'Prefix', prefix)]]);
}

/** @param etag without quotes */
export function etagTree(etag: string): XmlTree {
  return ['ETag', `"${etag}"`];
}

export function optional(name: string, text: string | undefined): XmlTree | undefined {
  return text === undefined ? undefined : [name, text];
}
