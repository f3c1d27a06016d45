// InitiateBucketWorm, CompleteBucketWorm, ExtendBucketWorm, AbortBucketWorm and GetBucketWorm: a retention policy is begun, within a day locked
// or dropped, and from then on only made longer. What it forbids is in worm.ts.

import { randomBytes } from 'node:crypto';
import { OssError } from '@postern/protocol';
import {
  parseExtendWorm,
  parseInitiateWorm,
  type WormConfiguration,
  writeWormConfiguration,
} from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketWorm, changeBucketDocument } from '../buckets/bucket-documents.ts';
import { findWorm, ifHolding } from '../buckets/worm.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function initiateBucketWorm(call: BucketCall): Promise<Reply> {
  const days = parseInitiateWorm(await readDocument(call.request));
  const id = randomBytes(16).toString('hex').toUpperCase();
  const nowMs = call.services.clock();
  await changeBucketDocument(call, bucketWorm, (worm) => {
    if (ifHolding(worm, nowMs)) throw new OssError('WORMConfigurationAlreadyExists');
    return { id, isLocked: false, days, createdAtMs: nowMs };
  });
  return { status: 200, headers: { 'x-oss-worm-id': id } };
}

/** Locks it. */
export async function completeBucketWorm(call: BucketCall): Promise<Reply> {
  await changeBucketDocument(call, bucketWorm, (given) => {
    const worm = getNamed(call, given);
    if (worm.isLocked) throw new OssError('WORMConfigurationLocked');
    return { ...worm, isLocked: true };
  });
  return { status: 200 };
}

export async function extendBucketWorm(call: BucketCall): Promise<Reply> {
  const days = parseExtendWorm(await readDocument(call.request));
  await changeBucketDocument(call, bucketWorm, (given) => {
    const worm = getNamed(call, given);
    if (!worm.isLocked) throw new OssError('InvalidWORMConfiguration.notLocked');
    if (days < worm.days) throw new OssError('InvalidWORMConfiguration');
    return { ...worm, days };
  });
  return { status: 200 };
}

/** Drops a policy that is not locked yet. */
export async function abortBucketWorm(call: BucketCall): Promise<Reply> {
  await changeBucketDocument(call, bucketWorm, (given) => {
    const worm = getHolding(call, given);
    if (worm.isLocked) throw new OssError('WORMConfigurationLocked');
    return undefined;
  });
  return { status: 204 };
}

export async function getBucketWorm(call: BucketCall): Promise<Reply> {
  const worm = findWorm(call.bucket, call.services.clock());
  if (!worm) throw new OssError('NoSuchWORMConfiguration', { BucketName: call.bucketName });
  return xmlReply(writeWormConfiguration(worm));
}

/** @throws OssError NoSuchWORMConfiguration */
function getHolding(call: BucketCall, given: WormConfiguration | undefined): WormConfiguration {
  const worm = ifHolding(given, call.services.clock());
  if (!worm) throw new OssError('NoSuchWORMConfiguration', { BucketName: call.bucketName });
  return worm;
}

/** The policy that the query names. @throws OssError NoSuchWORMConfiguration */
function getNamed(call: BucketCall, given: WormConfiguration | undefined): WormConfiguration {
  const worm = getHolding(call, given);
  if (worm.id !== call.request.query.get('wormId')) {
    throw new OssError('NoSuchWORMConfiguration', { BucketName: call.bucketName });
  }
  return worm;
}
