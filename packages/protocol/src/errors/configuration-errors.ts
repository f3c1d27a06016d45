// What is wrong with a configuration of a bucket that somebody puts, or why there is none (PutBucketLifecycle and its like).

import { invalidTagKey, malformedXml } from './argument-errors.ts';
import type { ErrorRow } from './error-row.ts';

export const CONFIGURATION_ERRORS = {
  'MalformedXML.lifecycleNoRule': { status: 400, ec: '0014-00000013', message: malformedXml },
  'MalformedXML.lifecycleChild': { status: 400, ec: '0014-00000015', message: malformedXml },
  'MalformedXML.lifecycleNode': { status: 400, ec: '0014-00000017', message: malformedXml },
  'MalformedXML.lifecycleNoAction': { status: 400, ec: '0014-00000026', message: malformedXml },
  'MalformedXML.lifecycleNoTime': { status: 400, ec: '0014-00000060', message: malformedXml },
  'InvalidArgument.lifecycleRules': {
    status: 400,
    ec: '0014-00000014',
    message: 'A lifecycle can not have more than {limit} rules.',
  },
  'InvalidArgument.lifecycleId': {
    status: 400,
    ec: '0014-00000019',
    message: 'The ID of a lifecycle rule can not be longer than {limit} bytes.',
  },
  'InvalidArgument.lifecycleIdTwice': {
    status: 400,
    ec: '0014-00000020',
    message: 'The ID of each lifecycle rule must be unique.',
  },
  'InvalidArgument.lifecycleDays': { status: 400, message: 'The number of days must be a positive integer.' },
  'InvalidArgument.lifecycleDate': {
    status: 400,
    message: 'The date must be midnight in UTC, as in 2002-10-11T00:00:00.000Z.',
  },
  'InvalidArgument.lifecycleStorageClass': {
    status: 400,
    message: 'The StorageClass of a transition must be IA, Archive, ColdArchive or DeepColdArchive.',
  },
  'InvalidArgument.lifecycleVisit': {
    status: 400,
    ec: '0014-00000052',
    message: 'ReturnToStdWhenVisit is only for transitions by the time of the last access.',
  },
  'InvalidArgument.lifecycleTagOfUpload': {
    status: 400,
    message: 'A rule with tags can not abort multipart uploads.',
  },
  'InvalidArgument.lifecyclePrefix': {
    status: 400,
    ec: '0014-00000085',
    message: 'Two lifecycle rules have the same prefix.',
  },
  'InvalidArgument.lifecycleOverlap': {
    status: 400,
    ec: '0014-00000084',
    message: 'Two lifecycle rules with the same action have prefixes that overlap.',
  },
  'InvalidArgument.lifecycleTransitionOverlap': {
    status: 400,
    ec: '0014-00000079',
    message: 'Two lifecycle rules with a transition to the same storage class have prefixes that overlap.',
  },
  'InvalidArgument.lifecycleOrder': {
    status: 400,
    ec: '0014-00000082',
    message:
      'The transition to a colder storage class must be later than that to a warmer one, and the expiration later than every transition.',
  },
  'InvalidRequest.lifecycleTimes': {
    status: 400,
    ec: '0014-00000080',
    message: 'Lifecycle rules that apply to the same objects can not mix days and dates.',
  },
  InvalidWORMConfiguration: {
    status: 400,
    message: 'The retention period can not be made shorter.',
  },
  'InvalidWORMConfiguration.notLocked': {
    status: 400,
    message: 'The retention period can only be extended once the WORM Configuration is locked.',
  },
  'InvalidWORMConfiguration.days': {
    status: 400,
    ec: '0027-00000005',
    message: 'The RetentionPeriodInDays you specified is not an integer.',
  },
  'InvalidWORMConfiguration.daysRange': {
    status: 400,
    ec: '0027-00000002',
    message: 'The RetentionPeriodInDays must be between 1 and 25550.',
  },
  WORMConfigurationLocked: { status: 403, message: 'The WORM Configuration is locked.' },
  NoSuchWORMConfiguration: { status: 404, message: 'The WORM Configuration does not exist.' },
  WORMConfigurationAlreadyExists: { status: 409, message: 'The WORM Configuration already exists.' },
  FileImmutable: { status: 409, message: 'The object you specified is immutable.' },
  'InvalidArgument.inventoryId': {
    status: 400,
    message: 'The id of the inventory is missing, invalid, or not that of the document.',
  },
  InventoryExceedLimit: { status: 400, message: 'The number of inventories exceeds the limit.' },
  NoSuchInventory: { status: 404, message: 'No Row found in Inventory Table.' },
  InventoryConfigurationAlreadyExists: {
    status: 409,
    message: 'The inventory configuration already exists.',
  },
  'InvalidArgument.bucketTagFilter': {
    status: 400,
    message: 'The tag filter you specified is invalid.',
  },
  'InvalidArgument.websiteName': {
    status: 400,
    message: 'The name of a page or a host of the website is invalid.',
  },
  'InvalidArgument.websiteRules': {
    status: 400,
    message: 'A website can not have more than {limit} routing rules.',
  },
  'InvalidArgument.websiteRuleNumber': {
    status: 400,
    message: 'The RuleNumber of each routing rule must be unique.',
  },
  NoSuchWebsiteConfiguration: {
    status: 404,
    message: 'The specified bucket does not have a website configuration.',
  },
  MirrorFailed: {
    status: 424,
    message: 'Mirroring failed, please check your mirror configuration.',
  },
  NoSuchLifecycle: { status: 404, message: 'No Row found in Lifecycle Table.' },
  'InvalidTag.bucketTagKey': { status: 400, ec: '0010-00000219', message: invalidTagKey },
  'InvalidTag.bucketTagPrefix': { status: 400, ec: '0010-00000207', message: invalidTagKey },
  'InvalidTag.bucketTagReserved': { status: 400, ec: '0010-00000002', message: invalidTagKey },
  'InvalidTag.bucketTagValue': {
    status: 400,
    ec: '0010-00000219',
    message: 'The TagValue you have provided is invalid.',
  },
  TooManyTags: { status: 400, message: 'A bucket can not have more than {limit} tags.' },
  'InvalidArgument.loggingPrefix': {
    status: 400,
    ec: '0032-00000005',
    message: 'The TargetPrefix you specified is invalid.',
  },
  InvalidTargetBucketForLogging: {
    status: 400,
    message:
      'The target bucket for logging does not exist, is not owned by you, or is not in the same region.',
  },
  NoSuchServerSideEncryptionRule: {
    status: 404,
    message: 'The server side encryption configuration was not found.',
  },
} as const satisfies Record<string, ErrorRow>;
