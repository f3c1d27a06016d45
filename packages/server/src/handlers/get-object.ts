// GetObject, HeadObject and GetObjectMeta: what is stored goes back as it came, disarmed where a browser could run it. A body that is not
// as it came, because the disk has lost or changed it, is never sent.

import { formatHttpDate, OssError } from '@postern/protocol';
import type { ObjectSummary } from '@postern/storage';
import { mayReadTags } from '../access/authorize-properties.ts';
import { beginBody } from '../body/begin-body.ts';
import { bucketWebsite } from '../buckets/bucket-documents.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { gzipReply } from '../http/gzip-reply.ts';
import { disarmingHeaders } from '../objects/active-content.ts';
import { type ByteRange, selectByteRange } from '../objects/byte-range.ts';
import { digestHeaders, formatEtag, storedHeaders, versionHeaders } from '../objects/object-headers.ts';
import { checkHeaderValue } from '../objects/object-properties.ts';
import { getRecord, getVersion } from '../objects/object-version.ts';
import { isRangeCurrent, judgeConditions } from '../objects/read-conditions.ts';
import { checkNotArchived } from '../objects/restoration.ts';
import { type FoundObject, followSymlink, foundItself } from '../objects/symlink-target.ts';
import type { ActiveContent } from '../server-settings.ts';

/** Query parameters that replace a header of the answer, e.g. to give a download link a file name. */
const responseOverrides = Object.entries({
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
});

const overrideBytesMax = 4096;

export async function getObject(call: ObjectCall): Promise<Reply> {
  const overrides = checkResponseOverrides(call);
  const found = await followSymlink(call, call.bucket, await getRecord(call));
  if (isNotModified(call.request, found)) return notModified(call, found);
  checkNotArchived(found.content, call.services.clock());
  const headers = await describe(call, found, overrides);
  const { size } = found.content;
  const range = selectRange(call.request, found);
  const body = call.services.store.openBody(found.content);
  if (range === 'whole') {
    return gzipReply(call.request, {
      status: 200,
      headers: { ...headers, 'content-length': `${size}` },
      body: await beginBody(body.read(0, size), size),
    });
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': `${range.to - range.from}`,
      'content-range': `bytes ${range.from}-${range.to - 1}/${size}`,
    },
    body: await beginBody(body.read(range.from, range.to), range.to - range.from),
  };
}

/** The headers of GetObject for the whole object. */
export async function headObject(call: ObjectCall): Promise<Reply> {
  const overrides = checkResponseOverrides(call);
  const found = await findDescribed(call);
  if (isNotModified(call.request, found)) return notModified(call, found);
  const headers = await describe(call, found, overrides);
  return { status: 200, headers: { ...headers, 'content-length': `${found.content.size}` } };
}

/** Without its body, but for a link, whose body says whom it means. */
async function findDescribed(call: ObjectCall): Promise<FoundObject> {
  const summary = await getVersion(call);
  if (summary.objectType !== 'Symlink') return foundItself(summary);
  return followSymlink(call, call.bucket, await getRecord(call));
}

/** Size, digests and time alone, of a link its own. */
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
  for (const [parameter, header] of responseOverrides) {
    const value = request.query.get(parameter);
    if (value === undefined) continue;
    if (caller.kind === 'anonymous') throw new OssError('InvalidRequest.anonymousResponseHeaders');
    if (value !== '') overrides[header] = checkHeaderValue(parameter, value, overrideBytesMax);
  }
  return overrides;
}

/** @throws OssError PreconditionFailed */
function isNotModified({ headers }: OssRequest, found: FoundObject): boolean {
  const outcome = judgeConditions(
    {
      ifMatch: headers.get('if-match'),
      ifNoneMatch: headers.get('if-none-match'),
      ifModifiedSince: headers.get('if-modified-since'),
      ifUnmodifiedSince: headers.get('if-unmodified-since'),
    },
    comparedWith(found),
  );
  if (outcome.kind === 'failed') throw new OssError('PreconditionFailed', { Condition: outcome.condition });
  return outcome.kind === 'not-modified';
}

/** What conditions look at: the ETag of what is read, and the later time. */
function comparedWith({ content, modifiedAtMs }: FoundObject) {
  return { etag: content.etag, modifiedAtMs };
}

function notModified({ bucket }: ObjectCall, { record, content, modifiedAtMs }: FoundObject): Reply {
  return {
    status: 304,
    headers: {
      etag: formatEtag(content),
      'last-modified': formatHttpDate(modifiedAtMs),
      ...versionHeaders(bucket, record),
    },
  };
}

async function describe(
  call: ObjectCall,
  found: FoundObject,
  overrides: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { bucket, services } = call;
  const headers = Object.assign(storedHeaders(bucket, found, services.clock()), overrides);
  const { 'content-type': type = '', 'content-disposition': disposition } = headers;
  const disarming = disarmingHeaders(type, disposition, activeContentFor(call));
  return Object.assign(headers, await taggingCount(call, found.record), disarming);
}

/** The readers of a website see its pages, which like all others cannot do anything on this host. */
function activeContentFor({ caller, bucket, services }: ObjectCall): ActiveContent {
  const isPage = caller.kind === 'anonymous' && bucketWebsite.find(bucket) !== undefined;
  return isPage ? 'inline' : services.settings.activeContent;
}

/** Only for who may read the tags themselves. */
async function taggingCount(call: ObjectCall, record: ObjectSummary): Promise<Record<string, string>> {
  if (record.tags.length === 0 || !(await mayReadTags(call))) return {};
  return { 'x-oss-tagging-count': `${record.tags.length}` };
}

/** @throws OssError InvalidRange */
function selectRange({ headers }: OssRequest, found: FoundObject): ByteRange | 'whole' {
  const { size } = found.content;
  if (!isRangeCurrent(headers.get('if-range'), comparedWith(found))) return 'whole';
  const behavior = headers.get('x-oss-range-behavior') === 'standard' ? 'standard' : 'oss';
  const range = selectByteRange(headers.get('range'), size, behavior);
  if (range !== 'unsatisfiable') return range;
  throw new OssError('InvalidRange', {}, { headers: { 'content-range': `bytes */${size}` } });
}
