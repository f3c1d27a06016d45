// Requests as OSS clients send them: forms that the sdk signed, puts and gets signed in their headers (OSS API: V1 signature in a
// header). What changes from one request to the next is the number in the object's name.

import { createHmac } from 'node:crypto';
import { writeFormFrame } from '@postern/protocol';
import { createPostForm } from '@postern/sdk/sign';
import type { RequestMaker, UploadOptions } from '../peers/peer.ts';
import { type ListedRequests, type NumberedRequests, numberDigits } from './load-job.ts';
import { formatNumber } from './request-source.ts';

export interface OssTarget {
  readonly host: string;
  readonly port: number;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** Of every object: what an application's prefix for one visitor looks like. */
export const keyPrefix = 'resumes/2026/';
export const keySuffix = '.pdf';
const contentType = 'application/pdf';
const numberMark = '#'.repeat(numberDigits);
const signatureMark = '@'.repeat(28);
const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW1';
const region = 'cn-hangzhou';
/** Longer than any run. */
const formLifeMs = 6 * 60 * 60_000;

export function keyOf(number: number): string {
  return `${keyPrefix}${formatNumber(number)}${keySuffix}`;
}

export function ossRequests(target: OssTarget): RequestMaker {
  const keys = (count: number) => Array.from({ length: count }, (_, i) => keyOf(i));
  return {
    upload: (options) => numberedForm(target, options),
    put: (options) => numberedPut(target, options),
    get: (count) => listed(keys(count).map((key) => signedRequest(target, 'GET', key))),
    head: (count) => listed(keys(count).map((key) => signedRequest(target, 'HEAD', key))),
    list: (queries) => listed(queries.map((query) => signedRequest(target, 'GET', '', query))),
  };
}

function listed(requests: readonly string[]): ListedRequests {
  return { kind: 'listed', requests: requests.map((text) => Buffer.from(text, 'latin1')) };
}

/** One policy for a prefix, as an application gives it to its visitors for a while; each of them has a name of their own. */
function numberedForm(
  target: OssTarget,
  { bytes, order = 'ascending', namesMax, signatureVersion = 'v1' }: UploadOptions,
): NumberedRequests {
  const { host, port, bucket, accessKeyId, accessKeySecret } = target;
  const form = createPostForm({
    endpoint: `http://${host}:${port}`,
    bucket,
    credentials: { accessKeyId, accessKeySecret },
    ...(signatureVersion === 'v4' ? { signatureVersion, region } : { signatureVersion }),
    keyPrefix,
    expiresAtMs: Date.now() + formLifeMs,
    // Names that come again are meant to replace what is there.
    overwrite: namesMax !== undefined,
  });
  return numberedFormOf(target, form.fields, { bytes, order, namesMax });
}

/** The form with these fields, whose `key` is replaced by numbered ones. */
export function numberedFormOf(
  { host, port, bucket }: Pick<OssTarget, 'host' | 'port' | 'bucket'>,
  fixedFields: Readonly<Record<string, string>>,
  { bytes, order = 'ascending', namesMax }: UploadOptions,
): NumberedRequests {
  const fields = { ...fixedFields, key: `${keyPrefix}${numberMark}${keySuffix}` };
  const frame = writeFormFrame(boundary, Object.entries(fields), { fileName: 'resume.pdf', contentType });
  const head = [
    `POST /${bucket}/ HTTP/1.1`,
    `Host: ${host}:${port}`,
    `Content-Type: ${frame.contentType}`,
    `Content-Length: ${frame.head.length + bytes + frame.tail.length}`,
  ];
  const headBytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frame.head]);
  return {
    kind: 'numbered',
    head: headBytes,
    numberAt: findAll(headBytes, numberMark),
    bodyBytes: bytes,
    tail: frame.tail,
    order,
    numbersMax: namesMax,
  };
}

function numberedPut(
  target: OssTarget,
  { bytes, order = 'ascending', namesMax }: UploadOptions,
): NumberedRequests {
  const { host, port, bucket, accessKeyId, accessKeySecret } = target;
  const date = new Date().toUTCString();
  const resource = `/${bucket}/${keyPrefix}${numberMark}${keySuffix}`;
  const [textBefore = '', textAfter = ''] = textToSign('PUT', contentType, date, resource).split(numberMark);
  const head = Buffer.from(
    [
      `PUT ${resource} HTTP/1.1`,
      `Host: ${host}:${port}`,
      `Date: ${date}`,
      `Content-Type: ${contentType}`,
      `Content-Length: ${bytes}`,
      `Authorization: OSS ${accessKeyId}:${signatureMark}`,
      '\r\n',
    ].join('\r\n'),
  );
  return {
    kind: 'numbered',
    head,
    numberAt: findAll(head, numberMark),
    bodyBytes: bytes,
    tail: new Uint8Array(),
    order,
    numbersMax: namesMax,
    signature: { at: head.indexOf(signatureMark), secret: accessKeySecret, textBefore, textAfter },
  };
}

/** @param query signed are only its sub-resources, of which `versions` is the one used here */
function signedRequest(target: OssTarget, method: string, key: string, query = ''): string {
  const { host, port, bucket, accessKeyId, accessKeySecret } = target;
  const date = new Date().toUTCString();
  const subResource = /(?:^|&)versions(?:&|$)/.test(query) ? '?versions' : '';
  const text = textToSign(method, '', date, `/${bucket}/${key}${subResource}`);
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64');
  return [
    `${method} /${bucket}/${key}${query === '' ? '' : `?${query}`} HTTP/1.1`,
    `Host: ${host}:${port}`,
    `Date: ${date}`,
    `Authorization: OSS ${accessKeyId}:${signature}`,
    '\r\n',
  ].join('\r\n');
}

function textToSign(method: string, type: string, date: string, resource: string): string {
  return `${method}\n\n${type}\n${date}\n${resource}`;
}

function findAll(bytes: Buffer, mark: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) found.push(at);
  return found;
}
