// The XML documents of the protocol that have no file of their own, as plain data: `write…` for those that the server answers with,
// `parse…` beside it for those that clients send. Element names and their order are OSS's. Elements that some SDK cannot do without
// (Owner, EncodingType …) are always there. Times are milliseconds since the epoch, ETags without quotes.

import { OssError } from '../errors.ts';
import { type ObjectName, parseObjectName } from '../object-name.ts';
import { formatIsoSeconds } from '../time.ts';
import { type EncryptionRule, encryptionTrees, type LoggingTarget } from './bucket-settings.ts';
import {
  encodingTree,
  etagTree,
  type NameEncoding,
  nameTree,
  type Owner,
  optional,
  ownerTree,
} from './element-trees.ts';
import { findBoolean, findChildren, findText, findWord, readXml } from './read-xml.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

// --- Error ---

export interface ErrorDocument {
  readonly error: OssError;
  readonly requestId: string;
  /** The host that the client addressed. */
  readonly hostId: string;
}

/** Common elements first, then those of this error, then its EC with the page that explains it. */
export function writeError({ error, requestId, hostId }: ErrorDocument): string {
  return writeXml([
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ['RequestId', requestId],
      ['HostId', hostId],
      ...error.elements,
      ...(error.accessDeniedDetail
        ? [['AccessDeniedDetail', Object.entries(error.accessDeniedDetail)] as const]
        : []),
      optional('EC', error.ec),
      optional('RecommendDoc', error.ec && `https://api.aliyun.com/troubleshoot?q=${error.ec}`),
    ],
  ]);
}

// --- Form upload ---

export interface PostResponse {
  readonly bucket: string;
  readonly etag: string;
  readonly key: string;
  /** The URL of the object. */
  readonly location: string;
}

/** The answer to a form with `success_action_status` 201. */
export function writePostResponse({ bucket, etag, key, location }: PostResponse): string {
  return writeXml([
    'PostResponse',
    [['Bucket', bucket], etagTree(etag), ['Key', key], ['Location', location]],
  ]);
}

// --- Buckets ---

export interface BucketSummary {
  readonly name: string;
  readonly createdAtMs: number;
  /** e.g. `cn-hangzhou`; the location is the same with `oss-`. */
  readonly region: string;
  readonly storageClass: string;
  /** Where the bucket is reached. Tools connect to exactly this text, a port included. */
  readonly endpoint: string;
}

/** Buckets are in no groups here: all are in the one that every account has. */
export const defaultResourceGroupId = 'rg-default';

export interface BucketList {
  readonly owner: Owner;
  readonly buckets: readonly BucketSummary[];
  readonly prefix: string;
  readonly marker: string;
  readonly maxKeys: number;
  /** Where to go on; undefined: this page is the last. */
  readonly nextMarker: string | undefined;
}

function locationOf(region: string): string {
  return `oss-${region}`;
}

/** GetService (ListBuckets). */
export function writeBucketList(list: BucketList): string {
  return writeXml([
    'ListAllMyBucketsResult',
    [
      ['Prefix', list.prefix],
      ['Marker', list.marker],
      ['MaxKeys', list.maxKeys],
      ['IsTruncated', list.nextMarker !== undefined],
      optional('NextMarker', list.nextMarker),
      ownerTree(list.owner),
      ['Buckets', list.buckets.map(bucketSummaryTree)],
    ],
  ]);
}

function bucketSummaryTree(bucket: BucketSummary): XmlTree {
  return [
    'Bucket',
    [
      ['CreationDate', formatIsoSeconds(bucket.createdAtMs)],
      ['ExtranetEndpoint', bucket.endpoint],
      ['IntranetEndpoint', bucket.endpoint],
      ['Location', locationOf(bucket.region)],
      ['Name', bucket.name],
      ['Region', bucket.region],
      ['StorageClass', bucket.storageClass],
      ['ResourceGroupId', defaultResourceGroupId],
    ],
  ];
}

/** `never`: versioning has not been configured. */
export type VersioningStatus = 'never' | 'enabled' | 'suspended';

export interface BucketInfo extends BucketSummary {
  readonly owner: Owner;
  /** e.g. `public-read`. */
  readonly acl: string;
  readonly versioning: VersioningStatus;
  readonly isPublicAccessBlocked: boolean;
  readonly encryption: EncryptionRule | undefined;
  readonly logging: LoggingTarget | undefined;
}

/** GetBucketInfo. What this store does not have is said to be off. */
export function writeBucketInfo(bucket: BucketInfo): string {
  return writeXml([
    'BucketInfo',
    [
      [
        'Bucket',
        [
          ['AccessMonitor', 'Disabled'],
          ['BlockPublicAccess', bucket.isPublicAccessBlocked],
          ['Comment', ''],
          ['CreationDate', formatIsoSeconds(bucket.createdAtMs)],
          ['CrossRegionReplication', 'Disabled'],
          ['DataRedundancyType', 'LRS'],
          ['ExtranetEndpoint', bucket.endpoint],
          ['IntranetEndpoint', bucket.endpoint],
          ['Location', locationOf(bucket.region)],
          ['Name', bucket.name],
          ['ResourceGroupId', defaultResourceGroupId],
          ['StorageClass', bucket.storageClass],
          ['TransferAcceleration', 'Disabled'],
          optional('Versioning', versioningNames[bucket.versioning]),
          ownerTree(bucket.owner),
          ['AccessControlList', [['Grant', bucket.acl]]],
          [
            'ServerSideEncryptionRule',
            bucket.encryption ? encryptionTrees(bucket.encryption) : [['SSEAlgorithm', 'None']],
          ],
          [
            'BucketPolicy',
            [
              ['LogBucket', bucket.logging?.bucket ?? ''],
              ['LogPrefix', bucket.logging?.prefix ?? ''],
            ],
          ],
        ],
      ],
    ],
  ]);
}

/** DescribeRegions: the one there is. `region` without `oss-`. */
export function writeRegionList(
  regions: readonly { readonly region: string; readonly endpoint: string }[],
): string {
  return writeXml([
    'RegionInfoList',
    regions.map(({ region, endpoint }) => [
      'RegionInfo',
      [
        ['Region', locationOf(region)],
        ['InternetEndpoint', endpoint],
        ['InternalEndpoint', endpoint],
        ['AccelerateEndpoint', endpoint],
      ],
    ]),
  ]);
}

/** ListLiveChannel: there are none. Programs that clean up a bucket ask. */
export function writeLiveChannelList({
  prefix,
  marker,
  maxKeys,
}: {
  prefix: string;
  marker: string;
  maxKeys: number;
}): string {
  return writeXml([
    'ListLiveChannelResult',
    [
      ['Prefix', prefix],
      ['Marker', marker],
      ['MaxKeys', maxKeys],
      ['IsTruncated', false],
      ['NextMarker', ''],
    ],
  ]);
}

/** GetBucketLocation. `region` without `oss-`. */
export function writeBucketLocation(region: string): string {
  return writeXml(['LocationConstraint', locationOf(region)]);
}

/** GetBucketPolicyStatus. */
export function writePolicyStatus(isPublic: boolean): string {
  return writeXml(['PolicyStatus', [['IsPublic', String(isPublic)]]]);
}

export interface AccessControlPolicy {
  readonly owner: Owner;
  /** `default` (objects only), `private`, `public-read` or `public-read-write`. */
  readonly grant: string;
}

/** GetBucketAcl and GetObjectACL. */
export function writeAccessControlPolicy({ owner, grant }: AccessControlPolicy): string {
  return writeXml(['AccessControlPolicy', [ownerTree(owner), ['AccessControlList', [['Grant', grant]]]]]);
}

export interface CreateBucketConfiguration {
  /** As sent; undefined when absent or empty. */
  readonly storageClass: string | undefined;
  readonly dataRedundancyType: string | undefined;
}

/** The body of PutBucket, which may also be empty: then there is nothing to parse. @throws OssError MalformedXML */
export function parseCreateBucketConfiguration(document: string | Uint8Array): CreateBucketConfiguration {
  const root = readXml(document, 'CreateBucketConfiguration');
  return {
    storageClass: findWord(root, 'StorageClass'),
    dataRedundancyType: findWord(root, 'DataRedundancyType'),
  };
}

// --- Versioning ---

const versioningNames = { never: undefined, enabled: 'Enabled', suspended: 'Suspended' } as const;

/** GetBucketVersioning. */
export function writeVersioningConfiguration(status: VersioningStatus): string {
  return writeXml(['VersioningConfiguration', [optional('Status', versioningNames[status])]]);
}

/** PutBucketVersioning. @throws OssError MalformedXML, MalformedXML.versioning (no Status) */
export function parseVersioningConfiguration(document: string | Uint8Array): 'enabled' | 'suspended' {
  const status = findText(readXml(document, 'VersioningConfiguration'), 'Status')?.trim();
  if (status === undefined || status === '') throw new OssError('MalformedXML.versioning');
  if (status === versioningNames.enabled) return 'enabled';
  if (status === versioningNames.suspended) return 'suspended';
  throw new OssError('MalformedXML');
}

// --- Copying and deleting ---

export interface CopyObjectResult {
  readonly etag: string;
  readonly modifiedAtMs: number;
}

export function writeCopyObjectResult({ etag, modifiedAtMs }: CopyObjectResult): string {
  return writeXml(['CopyObjectResult', [etagTree(etag), ['LastModified', formatIsoSeconds(modifiedAtMs)]]]);
}

/** How many objects one DeleteMultipleObjects may name. */
export const deleteObjectsMax = 1000;

export interface DeleteRequest {
  /** Only failures are to be reported. */
  readonly quiet: boolean;
  readonly objects: readonly { readonly key: ObjectName; readonly versionId: string | undefined }[];
}

/**
 * The body of DeleteMultipleObjects. Keys are taken exactly, blanks around them included; `encoding-type` speaks of the answer only.
 *
 * @throws OssError MalformedXML (no object, more than {@link deleteObjectsMax}, one without a Key), InvalidObjectName
 */
export function parseDelete(document: string | Uint8Array): DeleteRequest {
  const root = readXml(document, 'Delete');
  const objects = findChildren(root, 'Object');
  if (objects.length === 0 || objects.length > deleteObjectsMax) throw new OssError('MalformedXML');
  return {
    quiet: findBoolean(root, 'Quiet'),
    objects: objects.map((object) => {
      const key = findText(object, 'Key');
      if (key === undefined) throw new OssError('MalformedXML');
      return { key: parseObjectName(key), versionId: findWord(object, 'VersionId') };
    }),
  };
}

export interface DeletedObject {
  readonly key: string;
  /** The version that was asked for; undefined when none was. */
  readonly versionId?: string | undefined;
  /** The delete marker that was made, or the one that was removed; undefined when there is none. */
  readonly deleteMarkerVersionId?: string | undefined;
}

export interface DeleteResult {
  readonly encoding: NameEncoding;
  readonly deleted: readonly DeletedObject[];
}

export function writeDeleteResult({ encoding, deleted }: DeleteResult): string {
  return writeXml([
    'DeleteResult',
    [encodingTree(encoding), ...deleted.map((object) => deletedTree(encoding, object))],
  ]);
}

function deletedTree(encoding: NameEncoding, object: DeletedObject): XmlTree {
  const madeMarker = object.deleteMarkerVersionId !== undefined;
  return [
    'Deleted',
    [
      nameTree(encoding, 'Key', object.key),
      optional('VersionId', object.versionId),
      madeMarker ? ['DeleteMarker', true] : undefined,
      optional('DeleteMarkerVersionId', object.deleteMarkerVersionId),
    ],
  ];
}
