// RestoreObject: makes an archived object readable for some days (RestoreObject reference). 202 when that begins, 200 when it is so already,
// and then the days are counted anew.

import { OssError } from '@postern/protocol';
import { parseRestoreRequest, type RestoreTier } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import type { ObjectCall, Reply } from '../call.ts';
import { versionHeaders } from '../objects/object-headers.ts';
import { getVersion } from '../objects/object-version.ts';
import {
  findArchiveClass,
  findRestoration,
  type Restoration,
  restorationHeader,
  restorationMs,
  writeRestoration,
} from '../objects/restoration.ts';

const dayMs = 24 * 60 * 60 * 1000;

export async function restoreObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const { days, tier } = parseRestoreRequest(await readDocument(request));
  const record = await getVersion(call);
  const priority = checkTier(record.storageClass, tier);
  const nowMs = services.clock();
  const present = findRestoration(record, nowMs);
  if (present && nowMs < present.readyAtMs) throw new OssError('RestoreAlreadyInProgress', { Key: key });
  const next = present ? extend(present, nowMs + days * dayMs) : begin(nowMs, days);
  const value = writeRestoration(next);
  const changed = await services.store.setHeader(bucket.name, key, record, restorationHeader, value);
  if (!changed) throw new OssError('NoSuchKey', { Key: key });
  return {
    status: present ? 200 : 202,
    headers: {
      ...versionHeaders(bucket, record),
      ...(priority !== undefined && { 'x-oss-object-restore-priority': priority }),
    },
  };
}

function begin(nowMs: number, days: number): Restoration {
  const readyAtMs = nowMs + restorationMs;
  return { readyAtMs, expiresAtMs: readyAtMs + days * dayMs };
}

/** Never shorter than promised before. */
function extend({ readyAtMs, expiresAtMs }: Restoration, untilMs: number): Restoration {
  return { readyAtMs, expiresAtMs: Math.max(expiresAtMs, untilMs) };
}

/**
 * @returns how soon, where that can be chosen
 * @throws OssError OperationNotSupported (a class that needs no restoring), MalformedXML (a tier where there is none to choose)
 */
function checkTier(storageClass: string, tier: RestoreTier | undefined): RestoreTier | undefined {
  const archive = findArchiveClass(storageClass);
  if (!archive) throw new OssError('OperationNotSupported');
  if (archive.defaultTier === undefined && tier !== undefined) throw new OssError('MalformedXML');
  return tier ?? archive.defaultTier;
}
