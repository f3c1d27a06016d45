// The lifecycle rules of a bucket (PutBucketLifecycle, GetBucketLifecycle): which objects, and what becomes of them when. What passes here
// can be carried out without another look; whether rules get in each other's way is checked in lifecycle-conflicts.ts.

import { OssError } from '../errors.ts';
import type { Tag } from '../object-tags.ts';
import { formatIsoSeconds, parseIsoTime } from '../time.ts';
import { encodeUtf8 } from '../utf8.ts';
import { optional } from './element-trees.ts';
import {
  findBoolean,
  findChild,
  findChildren,
  findText,
  findWord,
  readXml,
  type XmlElement,
} from './read-xml.ts';
import { parseTag, tagTree } from './tagging.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

export const lifecycleRulesMax = 1000;
const ruleIdBytesMax = 255;
/** Some 5,800 years: with it no date leaves what a Date can hold. */
const daysMax = 2 ** 31 - 1;

/** To these an object can be moved, the coldest last. */
export const colderStorageClasses = ['IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const;
export type ColderStorageClass = (typeof colderStorageClasses)[number];

/** When an action is due. */
export type LifecycleTime =
  /** That many whole days after the object was last modified. */
  | { readonly kind: 'days'; readonly days: number }
  /** For what was last modified before then. Always midnight, UTC. */
  | { readonly kind: 'created-before'; readonly timeMs: number }
  /** From then on, for everything. Always midnight, UTC. */
  | { readonly kind: 'date'; readonly timeMs: number };

/** A rule does not apply to what has all of this. */
export interface LifecycleException {
  readonly prefix: string;
  readonly tag: Tag | undefined;
}

export interface LifecycleRule {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly prefix: string;
  /** An object must have them all. */
  readonly tags: readonly Tag[];
  readonly exceptions: readonly LifecycleException[];
  /** Bytes; the bounds themselves are outside. */
  readonly sizeGreaterThan: number | undefined;
  readonly sizeLessThan: number | undefined;
  /** Of the newest version. `delete-marker`: remove a delete marker that nothing is left behind. */
  readonly expiration: LifecycleTime | { readonly kind: 'delete-marker' } | undefined;
  readonly transitions: readonly {
    readonly time: LifecycleTime;
    readonly storageClass: ColderStorageClass;
  }[];
  /** Days since a version ceased to be the newest. */
  readonly noncurrentExpirationDays: number | undefined;
  readonly noncurrentTransitions: readonly {
    readonly days: number;
    readonly storageClass: ColderStorageClass;
  }[];
  /** Of uploads in parts that were begun and never completed. */
  readonly abortUploads: LifecycleTime | undefined;
}

export interface LifecycleConfiguration {
  readonly rules: readonly LifecycleRule[];
}

// --- Writing ---

export function writeLifecycleConfiguration({ rules }: LifecycleConfiguration): string {
  return writeXml(['LifecycleConfiguration', rules.map(ruleTree)]);
}

function ruleTree(rule: LifecycleRule): XmlTree {
  return [
    'Rule',
    [
      ['ID', rule.id],
      ['Prefix', rule.prefix],
      ['Status', rule.isEnabled ? 'Enabled' : 'Disabled'],
      ...rule.tags.map(tagTree),
      filterTree(rule),
      expirationTree(rule.expiration),
      ...rule.transitions.map(
        ({ time, storageClass }): XmlTree => ['Transition', [timeTree(time), ['StorageClass', storageClass]]],
      ),
      rule.abortUploads && ['AbortMultipartUpload', [timeTree(rule.abortUploads)]],
      rule.noncurrentExpirationDays === undefined
        ? undefined
        : ['NoncurrentVersionExpiration', [['NoncurrentDays', rule.noncurrentExpirationDays]]],
      ...rule.noncurrentTransitions.map(
        ({ days, storageClass }): XmlTree => [
          'NoncurrentVersionTransition',
          [
            ['NoncurrentDays', days],
            ['StorageClass', storageClass],
          ],
        ],
      ),
    ],
  ];
}

function filterTree({ exceptions, sizeGreaterThan, sizeLessThan }: LifecycleRule): XmlTree | undefined {
  if (exceptions.length === 0 && sizeGreaterThan === undefined && sizeLessThan === undefined)
    return undefined;
  return [
    'Filter',
    [
      optional('ObjectSizeGreaterThan', sizeGreaterThan?.toString()),
      optional('ObjectSizeLessThan', sizeLessThan?.toString()),
      ...exceptions.map(({ prefix, tag }): XmlTree => ['Not', [['Prefix', prefix], tag && tagTree(tag)]]),
    ],
  ];
}

function expirationTree(expiration: LifecycleRule['expiration']): XmlTree | undefined {
  if (expiration === undefined) return undefined;
  const isMarker = expiration.kind === 'delete-marker';
  return ['Expiration', [isMarker ? ['ExpiredObjectDeleteMarker', true] : timeTree(expiration)]];
}

const timeElements = { 'created-before': 'CreatedBeforeDate', date: 'Date' } as const;

function timeTree(time: LifecycleTime): XmlTree {
  return time.kind === 'days'
    ? ['Days', time.days]
    : [timeElements[time.kind], formatIsoSeconds(time.timeMs)];
}

// --- Parsing ---

/** The children that each element may have. Whatever else is there was meant to do something, which would silently not be done. */
const knownChildren = {
  LifecycleConfiguration: ['Rule'],
  Rule: [
    'ID',
    'Prefix',
    'Status',
    'Tag',
    'Filter',
    'Expiration',
    'Transition',
    'AbortMultipartUpload',
    'NoncurrentVersionExpiration',
    'NoncurrentVersionTransition',
    // What OSS adds to its own answers.
    'AtimeBase',
    // ali-oss says the time of an expiration here as well when it is told it in its oldest form.
    'Days',
    'Date',
  ],
  Filter: ['Not', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'],
  Not: ['Prefix', 'Tag'],
  Tag: ['Key', 'Value'],
  Expiration: ['Days', 'CreatedBeforeDate', 'Date', 'ExpiredObjectDeleteMarker'],
  Transition: [
    'Days',
    'CreatedBeforeDate',
    'StorageClass',
    'IsAccessTime',
    'ReturnToStdWhenVisit',
    'AllowSmallFile',
  ],
  AbortMultipartUpload: ['Days', 'CreatedBeforeDate'],
  NoncurrentVersionExpiration: ['NoncurrentDays'],
  NoncurrentVersionTransition: [
    'NoncurrentDays',
    'StorageClass',
    'IsAccessTime',
    'ReturnToStdWhenVisit',
    'AllowSmallFile',
  ],
} as const satisfies Record<string, readonly string[]>;

/**
 * @param makeRuleId for rules without an ID: a new one at each call
 * @throws OssError MalformedXML, MalformedXML.lifecycleNoRule, .lifecycleChild, .lifecycleNode, .lifecycleNoAction, .lifecycleNoTime,
 *   InvalidArgument.lifecycleRules, .lifecycleId, .lifecycleIdTwice, .lifecycleDays, .lifecycleDate, .lifecycleStorageClass,
 *   .lifecycleTagOfUpload, NotImplemented (rules about the last access, which is not recorded)
 */
export function parseLifecycleConfiguration(
  document: string | Uint8Array,
  makeRuleId: () => string,
): LifecycleConfiguration {
  const root = readXml(document, 'LifecycleConfiguration');
  if (root.children.some(({ name }) => name !== 'Rule')) throw new OssError('MalformedXML.lifecycleChild');
  if (root.children.length === 0) throw new OssError('MalformedXML.lifecycleNoRule');
  if (root.children.length > lifecycleRulesMax) {
    throw new OssError('InvalidArgument.lifecycleRules', { limit: lifecycleRulesMax });
  }
  checkChildren(root);
  const rules = root.children.map((rule) => parseRule(rule, makeRuleId));
  const ids = new Set(rules.map(({ id }) => id));
  if (ids.size < rules.length) throw new OssError('InvalidArgument.lifecycleIdTwice');
  return { rules };
}

function checkChildren(element: XmlElement): void {
  const known: readonly string[] = Object.hasOwn(knownChildren, element.name)
    ? knownChildren[element.name as keyof typeof knownChildren]
    : [];
  for (const child of element.children) {
    if (!known.includes(child.name)) {
      throw new OssError('MalformedXML.lifecycleNode', { NodeName: child.name });
    }
    checkChildren(child);
  }
}

function parseRule(element: XmlElement, makeRuleId: () => string): LifecycleRule {
  const filter = findChild(element, 'Filter');
  const rule: LifecycleRule = {
    id: parseRuleId(findText(element, 'ID')) ?? makeRuleId(),
    isEnabled: parseStatus(findWord(element, 'Status')),
    prefix: findText(element, 'Prefix') ?? '',
    tags: findChildren(element, 'Tag').map(parseNamedTag),
    exceptions: filter === undefined ? [] : findChildren(filter, 'Not').map(parseException),
    sizeGreaterThan: filter && parseCount(findWord(filter, 'ObjectSizeGreaterThan')),
    sizeLessThan: filter && parseCount(findWord(filter, 'ObjectSizeLessThan')),
    expiration: parseExpiration(findChild(element, 'Expiration')),
    transitions: findChildren(element, 'Transition').map(parseTransition),
    noncurrentExpirationDays: parseNoncurrentExpiration(findChild(element, 'NoncurrentVersionExpiration')),
    noncurrentTransitions: findChildren(element, 'NoncurrentVersionTransition').map(
      parseNoncurrentTransition,
    ),
    abortUploads: parseTimeOf(findChild(element, 'AbortMultipartUpload')),
  };
  if (!hasAction(rule)) throw new OssError('MalformedXML.lifecycleNoAction');
  // An upload has no tags before it is an object.
  if (rule.abortUploads && rule.tags.length > 0) throw new OssError('InvalidArgument.lifecycleTagOfUpload');
  return rule;
}

function hasAction(rule: LifecycleRule): boolean {
  const { expiration, transitions, noncurrentExpirationDays, noncurrentTransitions, abortUploads } = rule;
  return (
    (expiration ?? noncurrentExpirationDays ?? abortUploads) !== undefined ||
    transitions.length + noncurrentTransitions.length > 0
  );
}

function parseRuleId(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (encodeUtf8(text).length > ruleIdBytesMax) {
    throw new OssError('InvalidArgument.lifecycleId', { limit: ruleIdBytesMax });
  }
  return text;
}

function parseStatus(word: string | undefined): boolean {
  if (word !== 'Enabled' && word !== 'Disabled') throw new OssError('MalformedXML');
  return word === 'Enabled';
}

function parseNamedTag(element: XmlElement): Tag {
  const tag = parseTag(element);
  if (tag.key === '') throw new OssError('MalformedXML');
  return tag;
}

function parseException(element: XmlElement): LifecycleException {
  const prefix = findText(element, 'Prefix');
  const tag = findChild(element, 'Tag');
  if (!prefix && tag === undefined) throw new OssError('MalformedXML');
  return { prefix: prefix ?? '', tag: tag && parseNamedTag(tag) };
}

function parseExpiration(element: XmlElement | undefined): LifecycleRule['expiration'] {
  if (element === undefined) return undefined;
  if (!findBoolean(element, 'ExpiredObjectDeleteMarker')) return parseTime(element);
  if (element.children.length > 1) throw new OssError('MalformedXML');
  return { kind: 'delete-marker' };
}

function parseTransition(element: XmlElement): LifecycleRule['transitions'][number] {
  checkNotByAccess(element);
  return { time: parseTime(element), storageClass: parseStorageClass(element) };
}

function parseNoncurrentExpiration(element: XmlElement | undefined): number | undefined {
  return element && parseDays(findText(element, 'NoncurrentDays'));
}

function parseNoncurrentTransition(element: XmlElement): LifecycleRule['noncurrentTransitions'][number] {
  checkNotByAccess(element);
  return { days: parseDays(findText(element, 'NoncurrentDays')), storageClass: parseStorageClass(element) };
}

/** Nobody notes when an object was last read. */
function checkNotByAccess(element: XmlElement): void {
  if (findBoolean(element, 'IsAccessTime')) throw new OssError('NotImplemented', { Header: 'IsAccessTime' });
  if (findBoolean(element, 'ReturnToStdWhenVisit')) {
    throw new OssError('InvalidArgument.lifecycleVisit');
  }
}

function parseTimeOf(element: XmlElement | undefined): LifecycleTime | undefined {
  return element && parseTime(element);
}

/** Exactly one of the three. */
function parseTime(element: XmlElement): LifecycleTime {
  const days = findText(element, 'Days')?.trim();
  const createdBefore = findText(element, 'CreatedBeforeDate')?.trim();
  const date = findText(element, 'Date')?.trim();
  const given = [days, createdBefore, date].filter((text) => text !== undefined);
  if (given.length === 0) throw new OssError('MalformedXML.lifecycleNoTime');
  if (given.length > 1) throw new OssError('MalformedXML');
  if (days !== undefined) return { kind: 'days', days: parseDays(days) };
  return createdBefore !== undefined
    ? { kind: 'created-before', timeMs: parseMidnight('CreatedBeforeDate', createdBefore) }
    : { kind: 'date', timeMs: parseMidnight('Date', date ?? '') };
}

function parseDays(text: string | undefined): number {
  if (text === undefined) throw new OssError('MalformedXML.lifecycleNoTime');
  const days = /^[0-9]{1,10}$/.test(text.trim()) ? Number(text) : 0;
  if (days < 1 || days > daysMax)
    throw new OssError('InvalidArgument.lifecycleDays', { ArgumentValue: text });
  return days;
}

const dayMs = 24 * 60 * 60 * 1000;

function parseMidnight(element: string, text: string): number {
  const timeMs = parseIsoTime(text);
  if (timeMs === undefined || timeMs % dayMs !== 0) {
    throw new OssError('InvalidArgument.lifecycleDate', { ArgumentName: element, ArgumentValue: text });
  }
  return timeMs;
}

function parseStorageClass(element: XmlElement): ColderStorageClass {
  const word = findWord(element, 'StorageClass');
  const storageClass = colderStorageClasses.find((known) => known === word);
  if (storageClass !== undefined) return storageClass;
  throw new OssError('InvalidArgument.lifecycleStorageClass', {
    ArgumentName: 'StorageClass',
    ArgumentValue: word ?? '',
  });
}

function parseCount(digits: string | undefined): number | undefined {
  if (digits === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(digits)) throw new OssError('MalformedXML');
  return Number(digits);
}
