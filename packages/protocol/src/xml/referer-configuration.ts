// Which pages may show a bucket's objects (PutBucketReferer, GetBucketReferer). What the lists mean is decided where requests are judged.

import { OssError } from '../errors.ts';
import { encodeUtf8 } from '../utf8.ts';
import {
  findBoolean,
  findChild,
  findChildren,
  findText,
  findWord,
  readXml,
  type XmlElement,
} from './read-xml.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

/** Both lists together. */
export const refererBytesMax = 20 * 1024;

export interface RefererConfiguration {
  readonly allowEmptyReferer: boolean;
  /** Whether the query of a Referer is cut off before it is compared. */
  readonly allowTruncateQueryString: boolean;
  /** Whether its path is cut off too. */
  readonly truncatePath: boolean;
  /** Patterns with `*` and `?`; empty: every page that the blacklist does not name. */
  readonly whitelist: readonly string[];
  readonly blacklist: readonly string[];
}

/** What a bucket has until something else is put. */
export const defaultReferer: RefererConfiguration = {
  allowEmptyReferer: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  whitelist: [],
  blacklist: [],
};

export function writeRefererConfiguration(configuration: RefererConfiguration): string {
  const { whitelist, blacklist } = configuration;
  return writeXml([
    'RefererConfiguration',
    [
      ['AllowEmptyReferer', configuration.allowEmptyReferer],
      ['AllowTruncateQueryString', configuration.allowTruncateQueryString],
      ['TruncatePath', configuration.truncatePath],
      ['RefererList', whitelist.map(refererTree)],
      blacklist.length === 0 ? undefined : ['RefererBlacklist', blacklist.map(refererTree)],
    ],
  ]);
}

function refererTree(referer: string): XmlTree {
  return ['Referer', referer];
}

/** @throws OssError MalformedXML (no AllowEmptyReferer), EntityTooLarge (over {@link refererBytesMax}) */
export function parseRefererConfiguration(document: string | Uint8Array): RefererConfiguration {
  const root = readXml(document, 'RefererConfiguration');
  if (findWord(root, 'AllowEmptyReferer') === undefined) throw new OssError('MalformedXML');
  const whitelist = findReferers(findChild(root, 'RefererList'));
  const blacklist = findReferers(findChild(root, 'RefererBlacklist'));
  const bytes = encodeUtf8([...whitelist, ...blacklist].join('')).length;
  if (bytes > refererBytesMax) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: refererBytesMax, ProposedSize: bytes });
  }
  return {
    allowEmptyReferer: findBoolean(root, 'AllowEmptyReferer'),
    allowTruncateQueryString:
      findText(root, 'AllowTruncateQueryString') === undefined ||
      findBoolean(root, 'AllowTruncateQueryString'),
    truncatePath: findBoolean(root, 'TruncatePath'),
    whitelist,
    blacklist,
  };
}

/** Empty elements, which clients write for empty lists, count as absent. */
function findReferers(list: XmlElement | undefined): string[] {
  if (list === undefined) return [];
  return findChildren(list, 'Referer')
    .map(({ text }) => text.trim())
    .filter((text) => text !== '');
}
