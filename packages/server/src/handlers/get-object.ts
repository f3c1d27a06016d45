// GetObject, HeadObject and GetObjectMeta: what is stored goes back as it came, disarmed where a browser could run it. A body that is not
// as it came, because the disk has lost or changed it, is never sent.

import { formatHttpDate, OssError } from '@postern/protocol';
import type { ObjectRecord } from '@postern/storage';
import { disarmingHeaders } from '../active-content.ts';
import { beginBody } from '../begin-body.ts';
import { type ByteRange, selectByteRange } from '../byte-range.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { gzipReply } from '../gzip-reply.ts';
import { digestHeaders, formatEtag, storedHeaders, versionHeaders } from '../object-headers.ts';
import { checkHeaderValue } from '../object-properties.ts';
import { getVersion } from '../object-version.ts';
import { isRangeCurrent, judgeConditions } from '../read-conditions.ts';

/** Query parameters that replace a header of the answer, e.g. to give a download link a file name. */
const responseOverrides = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
} as const;

const overrideBytesMax = 4096;

export async function getObject(call: ObjectCall): Promise<Reply> {
  const overrides = checkResponseOverrides(call);
  const record = await getVersion(call);
  if (isNotModified(call.request, record)) return notModified(call, record);
  const headers = describe(call, record, overrides);
  const range = selectRange(call.request, record);
  const body = call.services.store.openBody(record);
  if (range === 'whole') {
    return gzipReply(call.request, {
      status: 200,
      headers: { ...headers, 'content-length': `${record.size}` },
      body: await beginBody(body.read(0, record.size)),
    });
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': `${range.to - range.from}`,
      'content-range': `bytes ${range.from}-${range.to - 1}/${record.size}`,
    },
    body: await beginBody(body.read(range.from, range.to)),
  };
}

/** The headers of GetObject for the whole object. */
export async function headObject(call: ObjectCall): Promise<Reply> {
  const overrides = checkResponseOverrides(call);
  const record = await getVersion(call);
  if (isNotModified(call.request, record)) return notModified(call, record);
  return {
    status: 200,
    headers: { ...describe(call, record, overrides), 'content-length': `${record.size}` },
  };
}

/** Size, digests and time alone. */
export async function getObjectMeta(call: ObjectCall): Promise<Reply> {
  const record = await getVersion(call);
  return {
    status: 200,
    headers: {
      ...digestHeaders(record),
      ...versionHeaders(call.bucket, record),
      'last-modified': formatHttpDate(record.modifiedAtMs),
      'content-length': `${record.size}`,
    },
  };
}

/**
 * Only who can sign may choose headers: otherwise anybody could hand out links that make others' objects something else.
 *
 * @throws OssError InvalidRequest.anonymousResponseHeaders, InvalidArgument.headerValue, InvalidArgument.headerTooLong
 */
function checkResponseOverrides({ request, caller }: ObjectCall): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [parameter, header] of Object.entries(responseOverrides)) {
    const value = request.query.get(parameter);
    if (value === undefined) continue;
    if (caller.kind === 'anonymous') throw new OssError('InvalidRequest.anonymousResponseHeaders');
    if (value !== '') overrides[header] = checkHeaderValue(parameter, value, overrideBytesMax);
  }
  return overrides;
}

/** @throws OssError PreconditionFailed */
function isNotModified({ headers }: OssRequest, record: ObjectRecord): boolean {
  const outcome = judgeConditions(
    {
      ifMatch: headers.get('if-match'),
      ifNoneMatch: headers.get('if-none-match'),
      ifModifiedSince: headers.get('if-modified-since'),
      ifUnmodifiedSince: headers.get('if-unmodified-since'),
    },
    record,
  );
  if (outcome.kind === 'failed') throw new OssError('PreconditionFailed', { Condition: outcome.condition });
  return outcome.kind === 'not-modified';
}

function notModified({ bucket }: ObjectCall, record: ObjectRecord): Reply {
  return {
    status: 304,
    headers: {
      etag: formatEtag(record),
      'last-modified': formatHttpDate(record.modifiedAtMs),
      ...versionHeaders(bucket, record),
    },
  };
}

function describe(
  { bucket, services }: ObjectCall,
  record: ObjectRecord,
  overrides: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { ...storedHeaders(bucket, record), ...overrides };
  return {
    ...headers,
    ...disarmingHeaders(
      headers['content-type'] ?? '',
      headers['content-disposition'],
      services.settings.activeContent,
    ),
  };
}

/** @throws OssError InvalidRange */
function selectRange({ headers }: OssRequest, record: ObjectRecord): ByteRange | 'whole' {
  if (!isRangeCurrent(headers.get('if-range'), record)) return 'whole';
  const behavior = headers.get('x-oss-range-behavior') === 'standard' ? 'standard' : 'oss';
  const range = selectByteRange(headers.get('range'), record.size, behavior);
  if (range !== 'unsatisfiable') return range;
  throw new OssError('InvalidRange', {}, { headers: { 'content-range': `bytes */${record.size}` } });
}
