// What conditions of access policies can ask about (OSS: "RAM policies", Conditions). A name that is not here is refused when a policy is
// read: a misspelt key never has a value, and a Deny that hangs on it would never deny.

/** Keys that a request to this server can have. */
export const conditionKeys = [
  'acs:SourceIp',
  'acs:UserAgent',
  'acs:CurrentTime',
  'acs:SecureTransport',
  'acs:AccessId',
  'oss:Prefix',
  'oss:Delimiter',
  'oss:x-oss-acl',
  'oss:x-oss-object-acl',
] as const;

/** Documented keys of things that do not exist outside of the cloud: they never have a value here. */
const keysWithoutValue: readonly string[] = [
  'acs:SourceVpc',
  'acs:SourceVpcId',
  'acs:VpcSourceIp',
  'acs:MFAPresent',
  'oss:DataAccessPointArn',
  'oss:DataAccessPointAccount',
  'oss:AccessPointNetworkOrigin',
  'oss:object-remaining-retention-days',
];

/** What follows is the key of a tag, which may be any text. */
export const tagKeyPrefixes = {
  bucket: 'oss:BucketTag/',
  existingObject: 'oss:ExistingObjectTag/',
  requestObject: 'oss:RequestObjectTag/',
} as const;

export type TagPlace = keyof typeof tagKeyPrefixes;

/** The tag that a condition asks about; undefined for a key that is about something else. */
export function parseTagKey(key: string): { readonly place: TagPlace; readonly tag: string } | undefined {
  for (const [place, prefix] of Object.entries(tagKeyPrefixes)) {
    if (key.startsWith(prefix) && key.length > prefix.length)
      return { place: place as TagPlace, tag: key.slice(prefix.length) };
  }
  return undefined;
}

export function isConditionKey(key: string): boolean {
  return (
    (conditionKeys as readonly string[]).includes(key) ||
    keysWithoutValue.includes(key) ||
    parseTagKey(key) !== undefined
  );
}
