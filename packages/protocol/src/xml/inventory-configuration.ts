// The inventories of a bucket (PutBucketInventory, GetBucketInventory, ListBucketInventory). They are kept as they came, element for element:
// whoever reads one gets back what was put. That what OSS requires is there is checked.

import { OssError } from '../errors.ts';
import { optional } from './element-trees.ts';
import { findBoolean, findChild, findText, findWord, readXml, type XmlElement } from './read-xml.ts';
import { treeOf, writeXml, type XmlTree } from './write-xml.ts';

export const inventoriesMax = 1000;
export const inventoryBytesMax = 16 * 1024;
const inventoryIdCharactersMax = 64;

export interface InventoryConfiguration {
  readonly id: string;
  /** The whole of it. */
  readonly document: XmlTree;
}

export function writeInventoryConfiguration({ document }: InventoryConfiguration): string {
  return writeXml(document);
}

export interface InventoryList {
  readonly inventories: readonly InventoryConfiguration[];
  /** Undefined: this page is the last. */
  readonly nextContinuationToken: string | undefined;
}

export function writeInventoryList({ inventories, nextContinuationToken }: InventoryList): string {
  return writeXml([
    'ListInventoryConfigurationsResult',
    [
      ...inventories.map(({ document }) => document),
      ['IsTruncated', nextContinuationToken !== undefined],
      optional('NextContinuationToken', nextContinuationToken),
    ],
  ]);
}

/** @throws OssError MalformedXML (what is required is missing, or is none of its words), EntityTooLarge, InvalidArgument.inventoryId */
export function parseInventoryConfiguration(document: string | Uint8Array): InventoryConfiguration {
  if (document.length > inventoryBytesMax) {
    throw new OssError('EntityTooLarge', {
      MaxSizeAllowed: inventoryBytesMax,
      ProposedSize: document.length,
    });
  }
  const root = readXml(document, 'InventoryConfiguration');
  const id = checkInventoryId(findText(root, 'Id')?.trim());
  if (findWord(root, 'IsEnabled') === undefined) throw new OssError('MalformedXML');
  findBoolean(root, 'IsEnabled');
  checkWord(root, 'IncludedObjectVersions', ['All', 'Current']);
  checkWord(getChild(root, 'Schedule'), 'Frequency', ['Daily', 'Weekly']);
  const destination = getChild(getChild(root, 'Destination'), 'OSSBucketDestination');
  checkWord(destination, 'Format', ['CSV', 'Parquet', 'ORC']);
  for (const name of ['AccountId', 'RoleArn']) {
    if (findWord(destination, name) === undefined) throw new OssError('MalformedXML');
  }
  if (!/^acs:oss:::[a-z0-9-]+$/.test(findWord(destination, 'Bucket') ?? '')) {
    throw new OssError('MalformedXML');
  }
  return { id, document: treeOf(root) };
}

/** @throws OssError InvalidArgument.inventoryId */
export function checkInventoryId(id: string | undefined): string {
  if (id !== undefined && id.length <= inventoryIdCharactersMax && /^[A-Za-z0-9._-]+$/.test(id)) return id;
  throw new OssError('InvalidArgument.inventoryId', {
    ArgumentName: 'inventoryId',
    ArgumentValue: id ?? '',
  });
}

function getChild(element: XmlElement, name: string): XmlElement {
  const child = findChild(element, name);
  if (child === undefined) throw new OssError('MalformedXML');
  return child;
}

function checkWord(element: XmlElement, name: string, words: readonly string[]): void {
  if (!words.includes(findWord(element, name) ?? '')) throw new OssError('MalformedXML');
}
