// What the server of the crash suite and those who use it agree on.

export const servedKey = { accessKeyId: 'torture-key', accessKeySecret: 'secret-of-the-torture-key' };

/** A few bodies long, so that segments are filled up, emptied and removed all the time. */
export const servedSegmentBytes = 1024 * 1024;

/** Never had versions. */
export const plainBucket = 'plain';
/** Versioning is enabled at the first start. */
export const versionedBucket = 'versioned';

/** Versioning is enabled and suspended at the first start: what is written replaces the null version, what is deleted gets a null marker. */
export const suspendedBucket = 'suspended';

export const buckets = [plainBucket, versionedBucket, suspendedBucket] as const;
export type Bucket = (typeof buckets)[number];
