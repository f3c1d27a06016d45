// An S3 request in the words of OSS: headers by the table of protocol's s3/words.ts, the few parameters that mean something else, and the
// defaults in which the two differ. What is signed the way of S3 may not speak OSS as well: two ways to say one thing are two programs'
// two readings.

import { type Address, OssError } from '@postern/protocol';
import { toOssHeader } from '@postern/protocol/s3';
import type { OssRequest } from '../call.ts';
import { partsMax, uploadsMax } from '../handlers/list-uploads.ts';
import { maxKeysMax } from '../objects/list-parameters.ts';
import { checksumHeaders } from './checksum.ts';
import { contentEncodingOf, type S3Body } from './s3-body.ts';

/** What S3 stores where nobody named a type. */
export const s3ContentType = 'binary/octet-stream';

/** In the words of OSS, with what only an answer of S3 tells. */
export interface S3Request extends OssRequest {
  /** The checksum of the body that was read, by its header; nothing when its sender gave none. */
  readonly checksumHeader: S3Body['checksumHeader'];
  /** What the client says that the parts of its upload come to. */
  readonly objectBytes: number | undefined;
}

/** @throws OssError InvalidArgument.mixedDialectsInRequest, InvalidArgument.s3Value, and what {@link toOssHeader} throws */
export function toOssRequest(request: OssRequest, address: Address, body: S3Body): S3Request {
  const queryList = translateQuery(request, address);
  return {
    ...request,
    queryList,
    query: new Map([...queryList].reverse()),
    headers: translateHeaders(request, address),
    contentLength: body.contentLength,
    body: body.content,
    isBodyChecked: body.isChecked,
    checksumHeader: body.checksumHeader,
    objectBytes: parseObjectSize(request.headers.get('x-amz-mp-object-size')),
  };
}

// --- Headers ---

/** Not passed on as they are: S3 never compresses an answer, and the frame of chunks is off by now. */
const headersHeldBack: ReadonlySet<string> = new Set(['accept-encoding', 'content-encoding']);

function translateHeaders({ method, headers }: OssRequest, { target }: Address): Map<string, string> {
  const aclName = target === 'object' ? 'x-oss-object-acl' : 'x-oss-acl';
  const translated = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name.startsWith('x-oss-')) throw mixed(name);
    const header = headersHeldBack.has(name) ? undefined : toOssHeader(name, value, aclName);
    if (header) translated.set(...header);
  }
  const encoding = contentEncodingOf(headers);
  if (encoding !== undefined) translated.set('content-encoding', encoding);
  if (method === 'GET' || translated.has('x-oss-copy-source-range')) {
    translated.set('x-oss-range-behavior', 'standard');
  }
  const ifRange = headers.get('if-range');
  if (ifRange?.startsWith('"')) translated.set('if-range', ifRange.toUpperCase());
  if (target === 'object' && (method === 'PUT' || method === 'POST')) translateWrite(headers, translated);
  // Of an upload that is completed it is the checksum of the object, not of the document that lists its parts.
  const ofObject = method === 'POST' ? checksumHeaders.find((name) => headers.has(name)) : undefined;
  if (target === 'object' && ofObject !== undefined) throw notImplemented(ofObject);
  return translated;
}

function translateWrite(headers: ReadonlyMap<string, string>, translated: Map<string, string>): void {
  if (!headers.has('content-type')) translated.set('content-type', s3ContentType);
  const absent = headers.get('if-none-match');
  if (absent !== undefined && absent.trim() !== '*') throw notImplemented('If-None-Match');
  if (absent !== undefined) translated.set('x-oss-forbid-overwrite', 'true');
  if (headers.has('if-match')) throw notImplemented('If-Match');
}

function parseObjectSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  const field = 'x-amz-mp-object-size';
  throw new OssError('InvalidArgument.s3Value', { field, ArgumentName: field, ArgumentValue: text });
}

function notImplemented(header: string): OssError {
  return new OssError('NotImplemented.s3', { Header: header });
}

function mixed(name: string): OssError {
  return new OssError('InvalidArgument.mixedDialectsInRequest', { field: name, ArgumentName: name });
}

// --- Parameters ---

type Query = OssRequest['queryList'];

function translateQuery({ method, queryList }: OssRequest, { target }: Address): Query {
  const ofOss = queryList.find(([name]) => /^x-oss-/i.test(name) || name === 'OSSAccessKeyId');
  if (ofOss) throw mixed(ofOss[0]);
  const others = queryList.filter(([name]) => !/^x-amz-/i.test(name)).map(withCountBounded);
  if (method !== 'GET' || target === 'object') return others;
  return target === 'service' ? translateBucketList(others) : translateList(others);
}

/** How many entries a page of a list can have, by what asks for fewer. */
const COUNTS_MAX: Readonly<Record<string, number>> = {
  'max-keys': maxKeysMax,
  'max-buckets': maxKeysMax,
  'max-uploads': uploadsMax,
  'max-parts': partsMax,
};

/** Who asks for more is refused by OSS; S3 gives what it has. */
function withCountBounded([name, value]: Query[number]): Query[number] {
  const max = Object.hasOwn(COUNTS_MAX, name) ? (COUNTS_MAX[name] as number) : Number.POSITIVE_INFINITY;
  return /^[0-9]{1,10}$/.test(value) && Number(value) > max ? [name, `${max}`] : [name, value];
}

/** S3 gives a thousand where nobody says how many. */
function translateList(queryList: Query): Query {
  if (queryList.some(([name, value]) => name === 'max-keys' && value !== '')) return queryList;
  return [...queryList.filter(([name]) => name !== 'max-keys'), ['max-keys', `${maxKeysMax}`]];
}

function translateBucketList(queryList: Query): Query {
  const renamed = queryList.map(([name, value]) => [bucketListNames.get(name) ?? name, value] as const);
  return translateList(renamed);
}

const bucketListNames: ReadonlyMap<string, string> = new Map([
  ['max-buckets', 'max-keys'],
  ['continuation-token', 'marker'],
]);
