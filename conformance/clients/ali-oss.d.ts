// The part of ali-oss that the suite uses; the package has no types of its own. After its README and lib/.

declare module 'ali-oss' {
  import type { Agent } from 'node:http';
  import type { Readable, Writable } from 'node:stream';

  namespace OSS {
    interface Options {
      accessKeyId: string;
      accessKeySecret: string;
      endpoint?: string;
      bucket?: string;
      region?: string;
      stsToken?: string;
      /** Path style. */
      sldEnable?: boolean;
      authorizationV4?: boolean;
      agent?: Agent;
      urllib?: Urllib;
      /** Milliseconds to add to this machine's clock when signing. */
      amendTimeSkewed?: number;
      /** `latin1` lets UTF-8 text into headers. */
      headerEncoding?: string;
    }

    /** What it sends requests with. */
    interface Urllib {
      request(url: string, params: { headers: Record<string, string>; agent?: Agent }): Promise<unknown>;
    }

    interface StsCredentials {
      AccessKeyId: string;
      AccessKeySecret: string;
      SecurityToken: string;
      Expiration: string;
    }
    /** The client of the token service. */
    class STS {
      constructor(options: { accessKeyId: string; accessKeySecret: string; endpoint: string });
      assumeRole(
        roleArn: string,
        policy?: object | string | null,
        seconds?: number,
        sessionName?: string,
      ): Promise<{ credentials: StsCredentials }>;
    }

    interface Answer {
      status: number;
      headers: Record<string, string>;
    }
    interface Answered {
      res: Answer;
    }
    interface AnsweredStatus extends Answered {
      status: number;
    }
    interface Owner {
      id: string;
      displayName: string;
    }
    interface ListedObject {
      name: string;
      url: string;
      lastModified: string;
      etag: string;
      type: string;
      size: number;
      storageClass: string;
      owner: Owner | null;
      restoreInfo?: { ongoingRequest: boolean; expireDate?: Date };
      versionId?: string;
      isLatest?: boolean;
    }
    interface ObjectList extends Answered {
      objects: ListedObject[];
      prefixes: string[] | null;
      isTruncated: boolean;
    }
    interface VersionList extends ObjectList {
      deleteMarker: { name: string; versionId: string; owner: Owner }[];
    }
    type Query = Record<string, string | number>;
    type Acl = 'private' | 'public-read' | 'public-read-write' | 'default';

    interface RequestOptions {
      headers?: Record<string, string>;
      meta?: Record<string, string>;
      mime?: string;
      versionId?: string;
      contentLength?: number;
      callback?: CallbackOptions;
      quiet?: boolean;
      subres?: Record<string, string>;
    }
    interface UrlOptions {
      expires?: number;
      method?: string;
      'Content-Type'?: string;
      response?: Record<string, string>;
    }
    interface CorsRule {
      allowedOrigin: string | string[];
      allowedMethod: string | string[];
      allowedHeader?: string | string[];
      exposeHeader?: string | string[];
      maxAgeSeconds?: string;
    }

    interface CallbackOptions {
      url: string;
      body: string;
      contentType?: string;
      customValue?: Record<string, string>;
    }
    /** Where an upload in parts has got to; handed back it is taken up again. */
    interface Checkpoint {
      uploadId: string;
      doneParts: { number: number; etag: string }[];
    }
    interface MultipartOptions extends RequestOptions {
      partSize?: number;
      parallel?: number;
      checkpoint?: Checkpoint | undefined;
      progress?: (share: number, checkpoint: Checkpoint) => unknown;
      callback?: CallbackOptions;
    }
    interface Uploaded extends Answered {
      name: string;
      etag: string;
      /** What the callback answered. */
      data?: unknown;
    }
    interface CopySource {
      sourceKey: string;
      sourceBucketName: string;
      startOffset?: number;
      endOffset?: number;
    }

    /** What every refused request is thrown as. */
    interface RequestError extends Error {
      status: number;
      code: string;
      requestId: string;
      ecCode?: string;
      hostId?: string;
    }
  }

  class OSS {
    constructor(options: OSS.Options);
    readonly options: OSS.Options;
    readonly urllib: OSS.Urllib;

    putBucket(
      name: string,
      options?: { acl?: OSS.Acl; storageClass?: string },
    ): Promise<OSS.Answered & { bucket: string }>;
    deleteBucket(name: string): Promise<OSS.Answered>;
    listBuckets(query?: OSS.Query): Promise<
      OSS.Answered & {
        buckets: { name: string; region: string; creationDate: string; storageClass: string }[] | null;
        owner: OSS.Owner;
        isTruncated: boolean;
        nextMarker: string | null;
      }
    >;
    getBucketInfo(name: string): Promise<OSS.Answered & { bucket: Record<string, unknown> }>;
    getBucketLocation(name: string): Promise<OSS.Answered & { location: string }>;
    putBucketACL(name: string, acl: OSS.Acl): Promise<OSS.Answered>;
    getBucketACL(name: string): Promise<OSS.Answered & { acl: string; owner: OSS.Owner }>;
    putBucketVersioning(name: string, status: string): Promise<OSS.Answered>;
    getBucketVersioning(name: string): Promise<OSS.Answered & { versionStatus?: string }>;
    getBucketVersions(query?: OSS.Query): Promise<OSS.VersionList>;
    putBucketCORS(name: string, rules: OSS.CorsRule[]): Promise<OSS.Answered>;
    getBucketCORS(name: string): Promise<OSS.Answered & { rules: OSS.CorsRule[] }>;
    deleteBucketCORS(name: string): Promise<OSS.Answered>;

    getBucketStat(name: string): Promise<OSS.Answered & { stat: Record<string, string> }>;
    putBucketTags(name: string, tags: Record<string, string>): Promise<OSS.AnsweredStatus>;
    getBucketTags(name: string): Promise<OSS.AnsweredStatus & { tag: Record<string, string> }>;
    deleteBucketTags(name: string): Promise<OSS.AnsweredStatus>;
    /** Changes the rules that it is given. */
    putBucketLifecycle(name: string, rules: object[]): Promise<OSS.Answered>;
    getBucketLifecycle(name: string): Promise<OSS.Answered & { rules: { id: string }[] }>;
    deleteBucketLifecycle(name: string): Promise<OSS.Answered>;
    putBucketWebsite(name: string, site: object): Promise<OSS.Answered>;
    getBucketWebsite(name: string): Promise<OSS.Answered & Record<string, unknown>>;
    deleteBucketWebsite(name: string): Promise<OSS.Answered>;
    putBucketReferer(name: string, allowEmpty: boolean, referers: string[]): Promise<OSS.Answered>;
    getBucketReferer(
      name: string,
    ): Promise<OSS.Answered & { allowEmpty: boolean; referers: string[] | null }>;
    deleteBucketReferer(name: string): Promise<OSS.Answered>;
    putBucketLogging(name: string, prefix: string): Promise<OSS.Answered>;
    getBucketLogging(name: string): Promise<OSS.Answered & { enable: boolean; prefix: string | null }>;
    deleteBucketLogging(name: string): Promise<OSS.Answered>;
    putBucketEncryption(
      name: string,
      rule: { SSEAlgorithm: string; KMSMasterKeyID?: string },
    ): Promise<OSS.AnsweredStatus>;
    getBucketEncryption(name: string): Promise<OSS.AnsweredStatus & { encryption: Record<string, string> }>;
    deleteBucketEncryption(name: string): Promise<OSS.AnsweredStatus>;
    putBucketRequestPayment(name: string, payer: string): Promise<OSS.AnsweredStatus>;
    getBucketRequestPayment(name: string): Promise<OSS.AnsweredStatus & { payer: string }>;
    putBucketInventory(name: string, inventory: object): Promise<OSS.AnsweredStatus>;
    getBucketInventory(
      name: string,
      id: string,
    ): Promise<OSS.AnsweredStatus & { inventory: Record<string, unknown> }>;
    listBucketInventory(
      name: string,
    ): Promise<OSS.AnsweredStatus & { inventoryList: { id: string }[]; isTruncated: boolean }>;
    deleteBucketInventory(name: string, id: string): Promise<OSS.AnsweredStatus>;
    initiateBucketWorm(name: string, days: string): Promise<OSS.AnsweredStatus & { wormId: string }>;
    completeBucketWorm(name: string, wormId: string): Promise<OSS.AnsweredStatus>;
    extendBucketWorm(name: string, wormId: string, days: string): Promise<OSS.AnsweredStatus>;
    getBucketWorm(
      name: string,
    ): Promise<OSS.AnsweredStatus & { wormId: string; state: string; days: string; creationDate: string }>;
    abortBucketWorm(name: string): Promise<OSS.AnsweredStatus>;

    put(
      name: string,
      file: string | Buffer | Readable,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { name: string; url: string; data?: unknown }>;
    get(
      name: string,
      file?: string | Writable | OSS.RequestOptions,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { content: Buffer }>;
    getStream(name: string, options?: OSS.RequestOptions): Promise<{ stream: Readable; res: OSS.Answer }>;
    head(
      name: string,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { status: number; meta: Record<string, string> | null }>;
    getObjectMeta(name: string, options?: OSS.RequestOptions): Promise<OSS.Answered & { status: number }>;
    delete(name: string, options?: OSS.RequestOptions): Promise<OSS.Answered>;
    deleteMulti(
      names: (string | { key: string; versionId: string })[],
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { deleted: { Key: string; VersionId?: string }[] }>;
    copy(
      name: string,
      source: string,
      sourceBucket?: string | OSS.RequestOptions,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { data: { etag: string; lastModified: string } | null }>;
    putMeta(name: string, meta: Record<string, string>): Promise<OSS.Answered>;
    list(query?: OSS.Query | null): Promise<OSS.ObjectList & { nextMarker: string | null }>;
    listV2(
      query?: OSS.Query,
    ): Promise<OSS.ObjectList & { keyCount: number; nextContinuationToken: string | null }>;
    putACL(name: string, acl: OSS.Acl): Promise<OSS.Answered>;
    getACL(name: string): Promise<OSS.Answered & { acl: string; owner: OSS.Owner }>;
    putSymlink(
      name: string,
      targetName: string,
      options?: OSS.RequestOptions & { storageClass?: string },
    ): Promise<OSS.Answered>;
    getSymlink(name: string, options?: OSS.RequestOptions): Promise<OSS.Answered & { targetName: string }>;
    putObjectTagging(
      name: string,
      tags: Record<string, string>,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered>;
    getObjectTagging(
      name: string,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { tag: Record<string, string> }>;
    deleteObjectTagging(name: string, options?: OSS.RequestOptions): Promise<OSS.Answered>;
    restore(
      name: string,
      options?: { type: string; Days?: number; JobParameters?: string },
    ): Promise<OSS.Answered>;
    append(
      name: string,
      file: Buffer,
      options?: OSS.RequestOptions & { position?: number | string },
    ): Promise<OSS.Answered & { nextAppendPosition: string }>;

    multipartUpload(
      name: string,
      file: string | Buffer,
      options?: OSS.MultipartOptions,
    ): Promise<OSS.Uploaded>;
    multipartUploadCopy(
      name: string,
      source: OSS.CopySource,
      options?: OSS.MultipartOptions,
    ): Promise<OSS.Uploaded>;
    initMultipartUpload(
      name: string,
      options?: OSS.RequestOptions,
    ): Promise<OSS.Answered & { uploadId: string; name: string }>;
    uploadPart(
      name: string,
      uploadId: string,
      partNumber: number,
      file: Buffer,
      start: number,
      end: number,
    ): Promise<OSS.Answered & { etag: string }>;
    uploadPartCopy(
      name: string,
      uploadId: string,
      partNumber: number,
      range: string,
      source: OSS.CopySource,
    ): Promise<OSS.Answered & { etag: string }>;
    completeMultipartUpload(
      name: string,
      uploadId: string,
      parts: { number: number; etag: string }[],
      options?: OSS.MultipartOptions,
    ): Promise<OSS.Uploaded>;
    abortMultipartUpload(name: string, uploadId: string): Promise<OSS.Answered>;
    listParts(
      name: string,
      uploadId: string,
      query?: OSS.Query,
    ): Promise<
      OSS.Answered & { parts: { PartNumber: string; ETag: string; Size: string }[]; isTruncated: string }
    >;
    listUploads(query: OSS.Query): Promise<
      OSS.Answered & {
        uploads: { name: string; uploadId: string; initiated: string }[];
        isTruncated: boolean;
        nextKeyMarker: string;
        nextUploadIdMarker: string;
      }
    >;
    cancel(): void;

    signatureUrl(name: string, options?: OSS.UrlOptions): string;
    asyncSignatureUrl(name: string, options?: OSS.UrlOptions): Promise<string>;
    signatureUrlV4(
      method: string,
      expires: number,
      request: { headers?: Record<string, string>; queries?: Record<string, string> } | undefined,
      name: string,
      additionalHeaders?: string[],
    ): Promise<string>;
    calculatePostSignature(policy: object | string): {
      OSSAccessKeyId: string;
      Signature: string;
      policy: string;
    };
    signPostObjectPolicyV4(policy: object | string, date: Date): string;
  }

  export = OSS;
}

declare module 'ali-oss/lib/browser/client.js' {
  import OSS from 'ali-oss';
  /** The client of the browser build: it corrects its clock by what the server says. */
  export default class extends OSS {}
}
