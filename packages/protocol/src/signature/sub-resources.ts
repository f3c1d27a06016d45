// The query parameters that V1 signs (OSS: "Add signatures to headers", CanonicalizedResource). The documentation and every SDK have
// their own list; this is their union, since a parameter that one client signs is one that no other sends unsigned. The parameters of
// lists (`prefix`, `marker`, `max-keys` …) are in none of them.

const subResources: ReadonlySet<string> = new Set(
  `
  accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy accessPointPolicyForObjectProcess acl
  append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var cleanRestoredObject cloudboxes cname comp
  continuation-token cors delete encryption endTime group httpsConfig img inventory inventoryId legalHold lifecycle link live
  location logging metaQuery objectInfo objectMeta objectWorm overwriteConfig partNumber policy policyStatus position
  processConfiguration publicAccessBlock qos qosInfo qosRequester redundancyTransition referer regionList replication
  replicationLocation replicationProgress requestPayment requesterQosInfo resourceGroup resourcePool resourcePoolBuckets
  resourcePoolInfo response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires restore retention rtc seal security-token sequential startTime stat status style styleName
  symlink tagging transferAcceleration udf udfApplication udfApplicationLog udfId udfImage udfImageDesc udfName uploadId uploads
  userDefinedLogFieldsConfig versionId versioning versions vip vod vpcip website worm wormExtend wormId
  `
    .trim()
    .split(/\s+/),
);

/** Whether V1 signs a query parameter. Those beginning `x-oss-` all are: the documented ones, and the Go SDK signs any. */
export function isSubResource(name: string): boolean {
  return subResources.has(name) || name.startsWith('x-oss-');
}
