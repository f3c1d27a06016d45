// Requests signed with V1, V2 and V4, in headers and URLs (OSS API: "Authentication"), and a server that refuses V1 ("Upgrade from V1 to
// V4 signatures").

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  formatQuery,
  presignV1,
  presignV2,
  presignV4,
  type SignableRequest,
  signRequestV1,
  signRequestV2,
  signRequestV4,
} from '@postern/protocol';
import { hashes, send } from '../http.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, newKey, TrialBucket } from '../trial-bucket.ts';

type Ways = Readonly<
  Record<string, (bucket: TrialBucket, request: SignableRequest, secret?: string) => Signed>
>;

interface Signed {
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

const keyOf = ({ target }: TrialBucket, accessKeySecret = target.accessKeySecret) => ({
  accessKeyId: target.accessKeyId,
  accessKeySecret,
});
const scope = () => ({ timeMs: Date.now(), region: 'cn-hangzhou' });
const inAMinuteMs = () => Date.now() + 60_000;

const ways: Ways = {
  'V1 header': (bucket, request, secret) => ({
    headers: signRequestV1(hashes, keyOf(bucket, secret), request, Date.now()),
  }),
  'V2 header': (bucket, request, secret) => ({
    headers: signRequestV2(hashes, keyOf(bucket, secret), request, Date.now()),
  }),
  'V4 header': (bucket, request, secret) => ({
    headers: signRequestV4(hashes, keyOf(bucket, secret), request, scope()),
  }),
  'V1 URL': (bucket, request, secret) => ({
    query: formatQuery(presignV1(hashes, keyOf(bucket, secret), request, inAMinuteMs())),
  }),
  'V2 URL': (bucket, request, secret) => ({
    query: formatQuery(presignV2(hashes, keyOf(bucket, secret), request, inAMinuteMs())),
  }),
  'V4 URL': (bucket, request, secret) => ({
    query: formatQuery(presignV4(hashes, keyOf(bucket, secret), request, 60, scope())),
  }),
};

function get(bucket: TrialBucket, key: string, way: keyof Ways, secret?: string) {
  const resource = { bucket: bucket.name, key };
  const request: SignableRequest = { method: 'GET', resource, queryList: [], headers: new Map() };
  const { headers = {}, query = '' } = ways[way]?.(bucket, request, secret) ?? {};
  const path = `/${bucket.name}/${encodeURIComponent(key)}${query && `?${query}`}`;
  return send(bucket.target, { method: 'GET', path, headers });
}

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());
const bucket = await TrialBucket.create(target);
const key = 'dir/a b+c.txt';
await bucket.put(key);

const mismatches: Readonly<Record<string, string>> = {
  V1: '0002-00000040',
  V2: '0002-00000101',
  V4: '0002-00000201',
};
for (const way of Object.keys(ways)) {
  test(`${way}: accepted, and refused with another secret`, async () => {
    const right = await get(bucket, key, way);
    assert.equal(right.text, 'old', right.text);
    const ec = mismatches[way.slice(0, 2)];
    checkRefusal(await get(bucket, key, way, 'wrong'), `403 SignatureDoesNotMatch ${ec}`);
  });
}

// --- Without V1 ---

const strict = await openTarget({ refuseV1: true });
after(() => strict[Symbol.asyncDispose]());
const skip = strict.isOurs ? false : 'needs a server that refuses V1';
const strictBucket = skip ? bucket : await TrialBucket.create(strict);

for (const way of Object.keys(ways)) {
  const isRefused = way.startsWith('V1');
  test(`refusing V1: ${way} is ${isRefused ? 'refused' : 'accepted'}`, { skip }, async () => {
    await strictBucket.put(key);
    const answer = await get(strictBucket, key, way);
    if (isRefused) checkRefusal(answer, '403 AccessDenied 0002-00000080');
    else assert.equal(answer.text, 'old');
  });
}

test('refusing V1: forms as well', { skip }, async () => {
  checkRefusal(await strictBucket.post({ fields: { key: newKey() } }), '403 AccessDenied 0002-00000080');
  assert.equal((await strictBucket.post({ fields: { key: newKey() }, signed: 'v4' })).status, 204);
});
