// CopyObject: a PutObject whose body is another object's (CopyObject reference). Needs leave to read the source and to write the target.

import { type ErrorName, fileBytesMax, OssError } from '@postern/protocol';
import { writeCopyObjectResult } from '@postern/protocol/xml';
import type { ObjectProperties } from '@postern/storage';
import { authorizeProperties } from '../access/authorize-properties.ts';
import type { ObjectCall, OssRequest, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { type CopySource, findCopySource, sourceVersionHeaders } from '../objects/copy-source.ts';
import { writtenHeaders } from '../objects/object-headers.ts';
import {
  checkForbidOverwrite,
  checkObjectProperties,
  propertiesInHeaders,
} from '../objects/object-properties.ts';
import { checkAgain, checkNotInTheWay, checkStored } from '../objects/put-outcome.ts';
import { restorationHeader } from '../objects/restoration.ts';

export async function copyObject(call: ObjectCall): Promise<Reply> {
  const { request, bucket, key, services } = call;
  const directives = parseDirectives(request.headers);
  const wish = checkForbidOverwrite(request.headers.get('x-oss-forbid-overwrite'));
  const source = await findCopySource(call);
  const { size, objectType } = source.record;
  if (size > fileBytesMax) throw new OssError('EntityTooLarge.copySource', { MaxSizeAllowed: fileBytesMax });
  const properties = chooseProperties(call, source, directives);
  await authorizeProperties(call, properties);
  await checkNotInTheWay(call, wish);
  await request.load.admitUpload(size);
  const result = await services.store.put({
    ...properties,
    bucket: bucket.name,
    key,
    condition: () => checkAgain(call, wish),
    // A link is copied as a link; whatever else the source was, the copy is an object in one piece.
    objectType: objectType === 'Symlink' ? 'Symlink' : 'Normal',
    bytesExpected: size,
    body: services.store.openBody(source.record).read(0, size),
  });
  const stored = checkStored(result, bucket.name);
  return xmlReply(writeCopyObjectResult(stored.record), {
    ...writtenHeaders(stored.bucket, stored.record),
    ...sourceVersionHeaders(source),
  });
}

/** Whether the copy takes what the source has, or what the request says. */
type Directive = 'copy' | 'replace';

interface Directives {
  readonly metadata: Directive;
  readonly tagging: Directive;
}

/** @throws OssError InvalidArgument.metadataDirective, InvalidArgument.taggingDirective */
function parseDirectives(headers: OssRequest['headers']): Directives {
  return {
    metadata: parseDirective(headers, 'x-oss-metadata-directive', 'InvalidArgument.metadataDirective'),
    tagging: parseDirective(headers, 'x-oss-tagging-directive', 'InvalidArgument.taggingDirective'),
  };
}

function parseDirective(headers: OssRequest['headers'], name: string, refusal: ErrorName): Directive {
  const text = headers.get(name);
  const word = text?.toLowerCase() ?? 'copy';
  if (word === 'copy' || word === 'replace') return word;
  throw new OssError(refusal, { ArgumentName: name, ArgumentValue: text ?? '' });
}

/**
 * Access, class and encryption are always the request's; the other headers and the tags are the source's unless they are to be replaced.
 * An object copied onto itself, with no versions kept, has its headers replaced in any case: nothing else could be meant.
 */
function chooseProperties(
  { request, bucket, key }: ObjectCall,
  { bucket: from, record: source }: CopySource,
  { metadata, tagging }: Directives,
): ObjectProperties {
  const given = checkObjectProperties(propertiesInHeaders(request.headers), bucket);
  const isOntoItself = from.name === bucket.name && source.key === key && bucket.versioning === 'never';
  return {
    ...given,
    headers: metadata === 'replace' || isOntoItself ? given.headers : copyHeaders(source, given),
    tags: tagging === 'replace' ? given.tags : source.tags,
  };
}

/** What the source is encrypted with and whether it has been restored does not come along. */
function copyHeaders(source: ObjectProperties, given: ObjectProperties): ObjectProperties['headers'] {
  const isEncryption = ([name]: readonly [string, string]) => name.startsWith('x-oss-server-side-');
  const encryption = Object.entries(given.headers).filter(isEncryption);
  const copied = Object.entries(source.headers).filter(
    (header) => !isEncryption(header) && header[0] !== restorationHeader,
  );
  return Object.fromEntries([...copied, ...encryption]);
}
