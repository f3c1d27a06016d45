// A bucket as a website (PutBucketWebsite reference): what anonymous readers get who ask for a folder, or for something that is not there.
// Whoever signs is a program and gets what it asks for.
//
// The order is OSS's: rules without an error, then the object; for what fails rules about the error, then the page of the folder that
// the name may mean, then the error page.

import { encodePath, formatQuery, type ObjectName, OssError, parseObjectName } from '@postern/protocol';
import type { Redirect, RoutingRule, WebsiteConfiguration } from '@postern/protocol/xml';
import type { BucketRecord } from '@postern/storage';
import { authorize } from '../access/authorize.ts';
import type { BucketCall, Caller, OssRequest, Reply } from '../call.ts';
import { getObject, headObject } from '../handlers/get-object.ts';
import { bucketWebsite } from './bucket-documents.ts';

/** What a browser can ask of a site; of the list of a bucket only what its root would otherwise answer. */
const PAGE_READS: ReadonlySet<string> = new Set(['GetObject', 'HeadObject', 'ListObjects', 'HeadBucket']);

/** The site whose page is asked for; undefined when the operation is to be carried out as it is. */
export function findSite(
  caller: Caller,
  operation: { readonly name: string; readonly on: string },
  bucket: BucketRecord,
): WebsiteConfiguration | undefined {
  if (caller.kind !== 'anonymous' || !PAGE_READS.has(operation.name)) return undefined;
  const site = bucketWebsite.find(bucket);
  return operation.on === 'object' || site?.index ? site : undefined;
}

/** @param key undefined: the root of the bucket */
export async function answerAsPage(
  call: BucketCall,
  site: WebsiteConfiguration,
  key: ObjectName | undefined,
): Promise<Reply> {
  const asked = key ?? '';
  const early = findRule(site, asked, call.request, undefined);
  if (early) return redirectBy(early, call, asked);
  try {
    return await readPage(call, pageOf(site, asked));
  } catch (error) {
    if (!(error instanceof OssError) || error.status < 400) throw error;
    const rule = findRule(site, asked, call.request, error.status);
    if (rule) return redirectBy(rule, call, asked);
    if (error.status !== 404) throw error;
    return (await answerAsFolder(call, site, asked)) ?? (await answerWithErrorPage(call, site, error));
  }
}

/** The object that stands for a name: a folder's page for a folder. */
function pageOf({ index }: WebsiteConfiguration, asked: string): ObjectName {
  if (index === undefined || (asked !== '' && !asked.endsWith('/'))) return parseObjectName(asked);
  return parseObjectName(index.supportsSubdirectories ? `${asked}${index.suffix}` : index.suffix);
}

/** For `abc` where `abc/index.html` is; undefined when that is not so, or not wanted. */
async function answerAsFolder(
  call: BucketCall,
  { index }: WebsiteConfiguration,
  asked: string,
): Promise<Reply | undefined> {
  if (!index?.supportsSubdirectories || index.type === 'missing') return undefined;
  if (asked === '' || asked.endsWith('/')) return undefined;
  const page = `${asked}/${index.suffix}`;
  const record = isNameable(page)
    ? await call.services.store.findSummary(call.bucket.name, parseObjectName(page))
    : undefined;
  if (!record || record.isDeleteMarker) return undefined;
  if (index.type === 'content') return readPage(call, record.key);
  return { status: 302, headers: { location: `${rootOf(call)}${encodePath(asked)}/` } };
}

function isNameable(name: string): boolean {
  try {
    parseObjectName(name);
    return true;
  } catch (error) {
    if (error instanceof OssError) return false;
    throw error;
  }
}

/** The page for what is not there, whole; without one, or when it cannot be read itself, the error. */
async function answerWithErrorPage(
  call: BucketCall,
  { error: page }: WebsiteConfiguration,
  error: OssError,
): Promise<Reply> {
  if (!page) throw error;
  const { request } = call;
  const wanted = (name: string) => name !== 'range' && !name.startsWith('if-');
  const headers = new Map([...request.headers].filter(([name]) => wanted(name)));
  const whole: OssRequest = { ...request, headers, query: new Map(), queryList: [] };
  try {
    return { ...(await readPage({ ...call, request: whole }, page.key)), status: page.status };
  } catch (problem) {
    throw problem instanceof OssError ? error : problem;
  }
}

async function readPage(call: BucketCall, key: ObjectName): Promise<Reply> {
  const { request, bucket } = call;
  await authorize(call, 'oss:GetObject', { bucket, key, versionId: request.query.get('versionId') });
  return request.method === 'HEAD' ? headObject({ ...call, key }) : getObject({ ...call, key });
}

// --- Redirections ---

/** @param errorStatus undefined: before anything is read */
export function findRule(
  { rules }: WebsiteConfiguration,
  key: string,
  { headers }: Pick<OssRequest, 'headers'>,
  errorStatus: number | undefined,
): RoutingRule | undefined {
  return rules.find(
    (rule) =>
      rule.errorStatus === errorStatus &&
      key.startsWith(rule.keyPrefix) &&
      key.endsWith(rule.keySuffix) &&
      rule.headers.every(({ name, value }) => headers.get(name) === value),
  );
}

/** @throws OssError MirrorFailed */
function redirectBy(rule: RoutingRule, call: BucketCall, key: string): Reply {
  if (rule.redirect === 'mirror') throw new OssError('MirrorFailed');
  const { status } = rule.redirect;
  return { status, headers: { location: formatLocation(rule.redirect, rule.keyPrefix, call, key) } };
}

function formatLocation(redirect: Redirect, keyPrefix: string, call: BucketCall, key: string): string {
  const { protocol, hostName, passesQuery } = redirect;
  const { request, services } = call;
  const scheme = protocol ?? services.settings.scheme;
  // On another host the bucket is no part of the path.
  const root =
    hostName === undefined ? `${scheme}://${request.host}${rootOf(call)}` : `${scheme}://${hostName}/`;
  const query = passesQuery && request.queryList.length > 0 ? `?${formatQuery(request.queryList)}` : '';
  return `${root}${encodePath(replaceKey(redirect, keyPrefix, key))}${query}`;
}

function replaceKey(redirect: Redirect, keyPrefix: string, key: string): string {
  const { replaceKeyWith, replacePrefixWith } = redirect;
  if (replaceKeyWith !== undefined) return replaceKeyWith.replaceAll('${key}', () => key);
  return replacePrefixWith === undefined ? key : `${replacePrefixWith}${key.slice(keyPrefix.length)}`;
}

/** The path of the bucket's root as the client addressed it. No key begins with a slash, so what follows never names a host. */
function rootOf({ request, bucketName }: BucketCall): string {
  return request.host.startsWith(`${bucketName}.`) ? '/' : `/${bucketName}/`;
}
