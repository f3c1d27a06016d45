// The account and the requests of the examples in the S3 documentation.

import type { S3SignableRequest } from '../src/s3/canonical-request.ts';

export const exampleKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  accessKeySecret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `GET /path?a=b` and `Name: value` headers; the host is in front of the path, the bucket in front of the host if it is given. */
export function request(
  requestLine: string,
  headers: Readonly<Record<string, string>>,
  bucketInHost?: string,
): S3SignableRequest {
  const [method = '', target = ''] = requestLine.split(' ', 2);
  const [rawPath = '', query = ''] = target.split('?', 2);
  return {
    method,
    rawPath,
    path: decodeURIComponent(rawPath),
    bucketInHost,
    queryList: [...new URLSearchParams(query)],
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
}
