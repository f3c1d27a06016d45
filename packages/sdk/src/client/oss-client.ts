// A client for the object operations of OSS, for Node: what scripts and the command line need, nothing that a form upload can do better.
// Works with any store that speaks the protocol. Requests are signed by V4 unless V1 is asked for (OSS API, "Sign requests").

import { createHash } from 'node:crypto';
import {
  encodePath,
  isBucketName,
  parseObjectName,
  type QueryParameter,
  type SigningKey,
} from '@postern/protocol';
import { findChildren, findText, writeXml } from '@postern/protocol/xml';
import { OssIntegrityError } from './oss-client-error.ts';
import { isRefusal, readDocument, readRefusal, skipBody } from './read-answer.ts';
import {
  type BucketInfo,
  type ListedBucket,
  type ListPage,
  type ObjectHead,
  readBucketInfo,
  readHead,
  readListedBucket,
  readListPage,
  readStored,
  type StoredObject,
} from './read-facts.ts';
import {
  type Addressing,
  chooseAddressing,
  parseEndpoint,
  type Target,
  writeRequestAddress,
} from './request-address.ts';
import { type HttpAnswer, type RequestBody, sendRequest } from './send-request.ts';
import { presignRequest, type Signing, type SignVersion, signRequest } from './sign-request.ts';

/** The most that one PutObject or one form carries (OSS: 5 GB). */
export const objectBytesMax = 5 * 1024 ** 3;
/** DeleteMultipleObjects takes no more. */
const deleteKeysMax = 1000;
/** A page of 500 names stays below the size limit of a document even when every name is 1023 bytes and percent-encoded. */
const listKeysMax = 500;

export interface OssClientOptions {
  /** e.g. `http://127.0.0.1:9780` or `https://oss-cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string;
  readonly accessKey: SigningKey;
  /** Without `oss-`. Default `cn-hangzhou`. */
  readonly region?: string;
  /** Default `v4`. */
  readonly signVersion?: SignVersion;
  /** Default: by path for IP addresses and `localhost`, by host otherwise. */
  readonly addressing?: Addressing;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Any other header of PutObject, e.g. `x-oss-object-acl` or `x-oss-meta-author`; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with the number of bytes that have gone out so far. */
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface ObjectContent extends ObjectHead {
  /** Must be read to its end or destroyed. Ends with OssIntegrityError when the bytes are not those that were stored. */
  readonly body: AsyncIterable<Uint8Array>;
}

interface Operation {
  readonly method: string;
  readonly target: Target;
  readonly query?: readonly QueryParameter[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every operation throws OssClientError when the store refuses, OssConnectionError when there is no answer, and OssError for a name that
 * no store would take.
 */
export class OssClient {
  readonly endpoint: URL;
  readonly #addressing: Addressing;
  readonly #accessKey: SigningKey;
  readonly #region: string;
  readonly #signVersion: SignVersion;
  readonly #clock: () => number;

  /** @throws TypeError when the endpoint is no http or https address */
  constructor(options: OssClientOptions) {
    this.endpoint = parseEndpoint(options.endpoint);
    this.#addressing = options.addressing ?? chooseAddressing(this.endpoint);
    this.#accessKey = options.accessKey;
    this.#region = options.region ?? 'cn-hangzhou';
    this.#signVersion = options.signVersion ?? 'v4';
    this.#clock = options.clock ?? Date.now;
  }

  /**
   * PutObject. What the store says it received is compared with what was sent.
   *
   * @param body bytes, text as UTF-8, or chunks of a known total length
   * @throws OssIntegrityError
   */
  async putObject(
    bucket: string,
    key: string,
    body: Uint8Array | string | RequestBody,
    options: PutOptions = {},
  ): Promise<StoredObject> {
    const md5 = createHash('md5');
    const { contentType = 'application/octet-stream', headers = {}, onProgress, signal } = options;
    const answer = await this.#send({
      method: 'PUT',
      target: { bucket, key },
      headers: { 'content-type': contentType, ...headers },
      body: watchBody(asBody(body), (chunk, sentBytes) => {
        md5.update(chunk);
        onProgress?.(sentBytes);
      }),
      signal,
    });
    await skipBody(answer);
    checkDigest(answer.headers['content-md5'], md5.digest('base64'), `oss://${bucket}/${key}`);
    return readStored(answer);
  }

  /** GetObject: the whole object. */
  async getObject(
    bucket: string,
    key: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<ObjectContent> {
    const answer = await this.#send({ method: 'GET', target: { bucket, key }, signal: options.signal });
    return { ...readHead(answer), body: checkedBody(answer, `oss://${bucket}/${key}`) };
  }

  /** HeadObject. */
  async headObject(bucket: string, key: string): Promise<ObjectHead> {
    const answer = await this.#send({ method: 'HEAD', target: { bucket, key } });
    await skipBody(answer);
    return readHead(answer);
  }

  /**
   * CopyObject, within the store.
   *
   * @param headers more of them, e.g. `x-oss-forbid-overwrite`; names in lower case
   */
  async copyObject(
    from: { readonly bucket: string; readonly key: string },
    to: { readonly bucket: string; readonly key: string },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const source = `/${from.bucket}/${encodePath(from.key)}`;
    const answer = await this.#send({
      method: 'PUT',
      target: to,
      headers: { ...headers, 'x-oss-copy-source': source },
    });
    await skipBody(answer);
  }

  /** DeleteObject. An object that is not there is deleted already. */
  async deleteObject(bucket: string, key: string): Promise<void> {
    await skipBody(await this.#send({ method: 'DELETE', target: { bucket, key } }));
  }

  /** DeleteMultipleObjects, a thousand at a time. */
  async deleteObjects(bucket: string, keys: readonly string[]): Promise<void> {
    const { named = [], unnamed = [] } = Object.groupBy(keys, (key) =>
      xmlCarries(key) ? 'named' : 'unnamed',
    );
    for (let from = 0; from < named.length; from += deleteKeysMax) {
      await this.#deletePage(bucket, named.slice(from, from + deleteKeysMax));
    }
    for (const key of unnamed) await this.deleteObject(bucket, key);
  }

  async #deletePage(bucket: string, keys: readonly string[]): Promise<void> {
    const objects = keys.map((key) => ['Object', [['Key', key]]] as const);
    const document = Buffer.from(writeXml(['Delete', [['Quiet', true], ...objects]]));
    const answer = await this.#send({
      method: 'POST',
      target: { bucket },
      query: [['delete', '']],
      headers: {
        'content-type': 'application/xml',
        'content-md5': createHash('md5').update(document).digest('base64'),
      },
      body: asBody(document),
    });
    await skipBody(answer);
  }

  /** ListObjectsV2, page after page; names in the order of their UTF-8 bytes. */
  async *listObjects(
    bucket: string,
    { prefix = '', delimiter = '' }: { readonly prefix?: string; readonly delimiter?: string } = {},
  ): AsyncGenerator<ListPage> {
    let token = '';
    do {
      const query: QueryParameter[] = [
        ['list-type', '2'],
        ['encoding-type', 'url'],
        ['max-keys', String(listKeysMax)],
        ['prefix', prefix],
        ['delimiter', delimiter],
        ['continuation-token', token],
      ];
      const sent = query.filter(([, value]) => value !== '');
      const answer = await this.#send({ method: 'GET', target: { bucket }, query: sent });
      const root = await readDocument(answer, 'ListBucketResult');
      yield readListPage(root);
      token = findText(root, 'IsTruncated') === 'true' ? (findText(root, 'NextContinuationToken') ?? '') : '';
    } while (token !== '');
  }

  /** ListBuckets: all that the key owns. */
  async *listBuckets(): AsyncGenerator<ListedBucket> {
    let marker = '';
    do {
      const query: QueryParameter[] = marker === '' ? [] : [['marker', marker]];
      const root = await readDocument(
        await this.#send({ method: 'GET', target: {}, query }),
        'ListAllMyBucketsResult',
      );
      const [list] = findChildren(root, 'Buckets');
      for (const bucket of list ? findChildren(list, 'Bucket') : []) yield readListedBucket(bucket);
      marker = findText(root, 'IsTruncated') === 'true' ? (findText(root, 'NextMarker') ?? '') : '';
    } while (marker !== '');
  }

  /** PutBucket. A bucket of one's own that exists already is no error. */
  async createBucket(bucket: string, { acl }: { readonly acl?: string } = {}): Promise<void> {
    const headers = acl === undefined ? {} : { 'x-oss-acl': acl };
    await skipBody(await this.#send({ method: 'PUT', target: { bucket }, headers }));
  }

  /** DeleteBucket: only an empty one goes. */
  async deleteBucket(bucket: string): Promise<void> {
    await skipBody(await this.#send({ method: 'DELETE', target: { bucket } }));
  }

  /** GetBucketInfo. */
  async getBucketInfo(bucket: string): Promise<BucketInfo> {
    const answer = await this.#send({ method: 'GET', target: { bucket }, query: [['bucketInfo', '']] });
    return readBucketInfo(await readDocument(answer, 'BucketInfo'));
  }

  /**
   * An address that allows one operation on one object to whoever has it.
   *
   * @param expiresInSeconds 1 to 604800 (seven days) for V4
   */
  presign(
    method: string,
    target: Target,
    expiresInSeconds: number,
    query: readonly QueryParameter[] = [],
  ): string {
    checkNames(target);
    const signed = presignRequest({ method, target, query, headers: {} }, this.#signing(), expiresInSeconds);
    const { origin, path } = writeRequestAddress(this.endpoint, this.#addressing, target, signed);
    return origin + path;
  }

  async #send(operation: Operation): Promise<HttpAnswer> {
    const { method, target, query = [], headers = {}, body, signal } = operation;
    checkNames(target);
    const address = writeRequestAddress(this.endpoint, this.#addressing, target, query);
    const signed = signRequest({ method, target, query, headers }, this.#signing());
    const answer = await sendRequest({ method, address, headers: signed, body, signal });
    if (isRefusal(answer)) throw await readRefusal(answer);
    return answer;
  }

  #signing(): Signing {
    return {
      accessKey: this.#accessKey,
      region: this.#region,
      version: this.#signVersion,
      nowMs: this.#clock(),
    };
  }
}

/** So that a wrong name is said to be one, instead of being sent as another request. */
function checkNames({ bucket, key }: Target): void {
  if (bucket !== undefined && !isBucketName(bucket)) throw new TypeError(`"${bucket}" is not a bucket name`);
  if (key !== undefined) parseObjectName(key);
}

function asBody(body: Uint8Array | string | RequestBody): RequestBody {
  if (typeof body === 'string') return asBody(Buffer.from(body));
  return body instanceof Uint8Array ? { length: body.length, chunks: [body] } : body;
}

function watchBody(body: RequestBody, onChunk: (chunk: Uint8Array, sentBytes: number) => void): RequestBody {
  return { length: body.length, chunks: watch(body, onChunk) };
}

async function* watch(
  { length, chunks }: RequestBody,
  onChunk: (chunk: Uint8Array, sentBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let sentBytes = 0;
  for await (const chunk of chunks) {
    sentBytes += chunk.length;
    if (sentBytes > length) throw new OssIntegrityError('the file grew while it was sent');
    onChunk(chunk, sentBytes);
    yield chunk;
  }
  if (sentBytes < length) throw new OssIntegrityError('the file shrank while it was sent');
}

async function* checkedBody(answer: HttpAnswer, name: string): AsyncGenerator<Uint8Array> {
  const md5 = createHash('md5');
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    md5.update(chunk);
    yield chunk;
  }
  checkDigest(answer.headers['content-md5'], md5.digest('base64'), name);
}

/** Objects that were put together from parts have no MD5, and nothing to compare. */
function checkDigest(theirs: string | string[] | undefined, ours: string, name: string): void {
  if (theirs === undefined || theirs === ours) return;
  throw new OssIntegrityError(
    `${name}: the bytes were changed on the way (MD5 ${theirs} at the store, ${ours} here)`,
  );
}

/** Whether a name can be written in XML 1.0 and come out the same. */
function xmlCarries(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot carry.
  return !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(key);
}
