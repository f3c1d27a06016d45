// A request as policies see it: the action, the resource's name, and the values that conditions can ask about (OSS: "RAM policies").

import {
  type AccessRequest,
  type Action,
  actionRow,
  formatIsoSeconds,
  type PostFields,
  parseTaggingHeader,
  parseTagKey,
  type Tag,
} from '@postern/protocol';
import type { BucketRecord } from '@postern/storage';
import { bucketTags } from '../buckets/bucket-documents.ts';
import type { Caller, OssRequest, Services } from '../call.ts';
import type { ServerSettings } from '../server-settings.ts';

export interface AskedResource {
  /** The account that owns it. */
  readonly owner: string;
  readonly bucketName?: string | undefined;
  /** Undefined for one that is not there yet. */
  readonly bucket?: BucketRecord | undefined;
  readonly key?: string | undefined;
  readonly versionId?: string | undefined;
  /** Of the object, as far as it was looked for. */
  readonly existingTags?: readonly Tag[] | undefined;
  /** Those that the object is to have, where they are known from elsewhere than `x-oss-tagging`. */
  readonly requestTags?: readonly Tag[] | undefined;
  /** Of a form upload, whose fields say what headers say elsewhere. */
  readonly form?: PostFields | undefined;
}

/** What the request and the server know; enough for every call that handlers have. */
export interface AskingCall {
  readonly request: OssRequest;
  readonly caller: Caller;
  readonly services: Services;
}

export function describeAccess(call: AskingCall, action: Action, resource: AskedResource): AccessRequest {
  const { owner, bucketName = '', key, versionId } = resource;
  return {
    action: (versionId === undefined ? undefined : actionRow(action).version) ?? action,
    resource: {
      service: 'oss',
      region: call.services.settings.region,
      account: owner,
      path: key === undefined ? bucketName : `${bucketName}/${key}`,
    },
    findValue: (name) => findValue(call, action, resource, name),
  };
}

function findValue(
  { request, caller, services }: AskingCall,
  action: Action,
  resource: AskedResource,
  name: string,
): string | undefined {
  const { form } = resource;
  const accessKeyId = caller.kind === 'signed' ? caller.accessKeyId : undefined;
  const given = (header: string) => form?.get(header) ?? request.headers.get(header);
  switch (name) {
    // Lists without a prefix are lists of the empty one.
    case 'oss:Prefix':
      return isList(action) ? (request.query.get('prefix') ?? '') : undefined;
    case 'oss:Delimiter':
      return isList(action) ? (request.query.get('delimiter') ?? '') : undefined;
    case 'oss:x-oss-acl':
      return given('x-oss-acl');
    case 'oss:x-oss-object-acl':
      return given('x-oss-object-acl');
    default:
      return (
        // A header beside a form gives no tags.
        findTag(name, resource, (form ?? request.headers).get('x-oss-tagging')) ??
        findCallerValue({ request, settings: services.settings, accessKeyId }, name)
      );
  }
}

/** What can be asked of any request, whatever it is about. */
export function findCallerValue(
  asking: {
    readonly request: OssRequest;
    readonly settings: ServerSettings;
    readonly accessKeyId: string | undefined;
  },
  name: string,
): string | undefined {
  const { request, settings, accessKeyId } = asking;
  switch (name) {
    case 'acs:SourceIp':
      return request.clientAddress;
    case 'acs:UserAgent':
      return request.headers.get('user-agent');
    case 'acs:CurrentTime':
      return formatIsoSeconds(request.receivedAtMs);
    case 'acs:SecureTransport':
      return String(settings.scheme === 'https');
    case 'acs:AccessId':
      return accessKeyId;
    default:
      return undefined;
  }
}

function isList(action: Action): boolean {
  return action.startsWith('oss:List');
}

/** @throws OssError InvalidArgument.tagging, InvalidTag…: what is asked to be stored cannot be, whoever asks */
function findTag(
  name: string,
  { bucket, existingTags, requestTags }: AskedResource,
  tagging: string | undefined,
): string | undefined {
  const asked = parseTagKey(name);
  const valueIn = (tags: readonly Tag[] = []) => tags.find(({ key }) => key === asked?.tag)?.value;
  switch (asked?.place) {
    case 'bucket':
      return bucket && valueIn(bucketTags.find(bucket));
    case 'requestObject':
      return valueIn(requestTags ?? parseTaggingHeader(tagging));
    case 'existingObject':
      return valueIn(existingTags);
    default:
      return undefined;
  }
}
