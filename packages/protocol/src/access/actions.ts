// ACTIONS: the rights that policies give, one row each (OSS: "RAM policies", Actions): what each is about, what access list grants it beside
// policies, and what it is called when the request names a version. Several operations may take one right, and an operation several.

/** What an action is about. The service itself and buckets are managed; access lists grant nothing there but what a row says. */
export interface ActionRow {
  readonly on: 'service' | 'bucket' | 'object';
  /** What `public-read` (read) or `public-read-write` (both) of an object or a bucket allows everybody. */
  readonly acl?: 'read' | 'write';
  /** The action's name when the request has a `versionId`. */
  readonly version?: string;
}

// biome-ignore format: a table is read by its columns.
export const ACTIONS = {
  'oss:ListBuckets': { on: 'service' },
  'oss:DescribeRegions': { on: 'service' },

  'oss:PutBucket': { on: 'bucket' },
  'oss:DeleteBucket': { on: 'bucket' },
  'oss:GetBucketInfo': { on: 'bucket' },
  'oss:GetBucketLocation': { on: 'bucket', acl: 'read' },
  'oss:GetBucketStat': { on: 'bucket' },
  'oss:PutBucketAcl': { on: 'bucket' },
  'oss:GetBucketAcl': { on: 'bucket' },
  'oss:PutBucketCors': { on: 'bucket' },
  'oss:GetBucketCors': { on: 'bucket' },
  'oss:DeleteBucketCors': { on: 'bucket' },
  'oss:PutBucketEncryption': { on: 'bucket' },
  'oss:GetBucketEncryption': { on: 'bucket' },
  'oss:DeleteBucketEncryption': { on: 'bucket' },
  'oss:PutBucketInventory': { on: 'bucket' },
  'oss:GetBucketInventory': { on: 'bucket' },
  'oss:DeleteBucketInventory': { on: 'bucket' },
  'oss:PutBucketLifecycle': { on: 'bucket' },
  'oss:GetBucketLifecycle': { on: 'bucket' },
  'oss:DeleteBucketLifecycle': { on: 'bucket' },
  'oss:PutBucketLogging': { on: 'bucket' },
  'oss:GetBucketLogging': { on: 'bucket' },
  'oss:DeleteBucketLogging': { on: 'bucket' },
  'oss:PutBucketPolicy': { on: 'bucket' },
  'oss:GetBucketPolicy': { on: 'bucket' },
  'oss:DeleteBucketPolicy': { on: 'bucket' },
  'oss:GetBucketPolicyStatus': { on: 'bucket' },
  'oss:PutBucketPublicAccessBlock': { on: 'bucket' },
  'oss:GetBucketPublicAccessBlock': { on: 'bucket' },
  'oss:DeleteBucketPublicAccessBlock': { on: 'bucket' },
  'oss:PutBucketReferer': { on: 'bucket' },
  'oss:GetBucketReferer': { on: 'bucket' },
  'oss:PutBucketRequestPayment': { on: 'bucket' },
  'oss:GetBucketRequestPayment': { on: 'bucket' },
  'oss:PutBucketTagging': { on: 'bucket' },
  'oss:GetBucketTagging': { on: 'bucket' },
  'oss:DeleteBucketTagging': { on: 'bucket' },
  'oss:PutBucketVersioning': { on: 'bucket' },
  'oss:GetBucketVersioning': { on: 'bucket' },
  'oss:PutBucketWebsite': { on: 'bucket' },
  'oss:GetBucketWebsite': { on: 'bucket' },
  'oss:DeleteBucketWebsite': { on: 'bucket' },
  'oss:InitiateBucketWorm': { on: 'bucket' },
  'oss:AbortBucketWorm': { on: 'bucket' },
  'oss:CompleteBucketWorm': { on: 'bucket' },
  'oss:ExtendBucketWorm': { on: 'bucket' },
  'oss:GetBucketWorm': { on: 'bucket' },
  'oss:ListLiveChannel': { on: 'bucket' },

  'oss:ListObjects': { on: 'bucket', acl: 'read' },
  'oss:ListObjectVersions': { on: 'bucket', acl: 'read' },
  'oss:ListMultipartUploads': { on: 'bucket' },

  'oss:GetObject': { on: 'object', acl: 'read', version: 'oss:GetObjectVersion' },
  'oss:PutObject': { on: 'object', acl: 'write' },
  'oss:DeleteObject': { on: 'object', acl: 'write', version: 'oss:DeleteObjectVersion' },
  'oss:AbortMultipartUpload': { on: 'object', acl: 'write' },
  'oss:ListParts': { on: 'object', acl: 'write' },
  'oss:GetObjectAcl': { on: 'object', version: 'oss:GetObjectVersionAcl' },
  'oss:PutObjectAcl': { on: 'object', version: 'oss:PutObjectVersionAcl' },
  'oss:GetObjectTagging': { on: 'object', version: 'oss:GetObjectVersionTagging' },
  'oss:PutObjectTagging': { on: 'object', version: 'oss:PutObjectVersionTagging' },
  'oss:DeleteObjectTagging': { on: 'object', version: 'oss:DeleteObjectVersionTagging' },
  'oss:RestoreObject': { on: 'object', version: 'oss:RestoreObjectVersion' },
} as const satisfies Record<string, ActionRow>;

/** The name of a row of {@link ACTIONS}. */
export type Action = keyof typeof ACTIONS;

export function actionRow(action: Action): ActionRow {
  return ACTIONS[action];
}
