// PutObject: the body of a request becomes an object (PutObject reference).

import { authorizeProperties } from '../access/authorize-properties.ts';
import { openSentBody } from '../body/sent-body.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { answerByCallback } from '../callback/callback-answer.ts';
import { callbackInRequest } from '../callback/callback-order.ts';
import { writtenHeaders } from '../objects/object-headers.ts';
import {
  checkForbidOverwrite,
  checkObjectProperties,
  propertiesInHeaders,
} from '../objects/object-properties.ts';
import { checkAgain, checkNotInTheWay, checkStored } from '../objects/put-outcome.ts';

export async function putObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const { bytesAtLeast, chunks, checkDigests } = openSentBody(request);
  const properties = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  const wish = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  const callback = services.callbacks.plan(callbackInRequest(request));
  await authorizeProperties(call, properties);
  if (callback) await services.callbacks.checkSendable(callback);
  await checkNotInTheWay(call, wish);
  await request.load.admitUpload(bytesAtLeast);
  const result = await services.store.put({
    ...properties,
    bucket: bucket.name,
    key,
    condition: () => checkAgain(call, wish),
    bytesExpected: bytesAtLeast,
    body: chunks,
    checkDigests,
  });
  const stored = checkStored(result, bucket.name);
  if (callback) return answerByCallback(call, 'PutObject', callback, stored);
  return { status: 200, headers: writtenHeaders(stored.bucket, stored.record) };
}
