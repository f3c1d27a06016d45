// The documents of answers as S3 writes them. Most are OSS's with S3's namespace, S3's words for storage classes and ETags in lower case,
// and are translated as text; those of another shape are written here (AWS: "Amazon S3 REST API Introduction", PostResponse, GetBucketAcl).

import { writeXml } from '../xml/write-xml.ts';
import { toS3StorageClass } from './words.ts';

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers';

/** What an element's text becomes; undefined: S3 does not have the element. */
const ELEMENTS: Readonly<Record<string, (text: string) => string | undefined>> = {
  ETag: (etag) => etag.toLowerCase(),
  StorageClass: toS3StorageClass,
  // Of CORS rules; S3 always varies by origin, as far as it says.
  ResponseVary: () => undefined,
  // Of buckets in a list.
  ExtranetEndpoint: () => undefined,
  IntranetEndpoint: () => undefined,
  Region: () => undefined,
};

/**
 * A document that this server wrote for OSS, in the words of S3. Text cannot be taken for an element, since in what `writeXml` writes
 * a `<` always begins a tag; elements hold no attributes.
 */
export function toS3Document(document: string): string {
  return translateGrants(document)
    .replace(/ *<([A-Za-z0-9]+)>([^<]*)<\/\1>\n/g, (line, name: string, text: string) => {
      const translate = Object.hasOwn(ELEMENTS, name) ? ELEMENTS[name] : undefined;
      if (translate === undefined) return line;
      const translated = translate(text);
      return translated === undefined ? '' : line.replace(`>${text}<`, () => `>${translated}<`);
    })
    .replace(/^(<\?xml[^\n]*\n<[A-Za-z0-9]+)>/, (_, begin: string) => `${begin} xmlns="${namespace}">`);
}

/** `<Grant>public-read</Grant>`, beside an owner, is a list of grants in S3: the owner may all, everybody some. */
function translateGrants(document: string): string {
  if (!document.includes('<AccessControlPolicy>')) return document;
  const owner = /<ID>([^<]*)<\/ID>\s*<DisplayName>([^<]*)<\/DisplayName>/.exec(document);
  const [, id = '', displayName = ''] = owner ?? [];
  return document.replace(/<Grant>([^<]*)<\/Grant>/, (_, acl: string) => {
    const grants = [
      grant(
        `xsi:type="CanonicalUser"><ID>${id}</ID><DisplayName>${displayName}</DisplayName>`,
        'FULL_CONTROL',
      ),
    ];
    const everybody = `xsi:type="Group"><URI>${allUsers}</URI>`;
    if (acl.startsWith('public-read')) grants.push(grant(everybody, 'READ'));
    if (acl === 'public-read-write') grants.push(grant(everybody, 'WRITE'));
    return grants.join('\n    ');
  });
}

function grant(grantee: string, permission: string): string {
  const schema = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  return `<Grant><Grantee ${schema} ${grantee}</Grantee><Permission>${permission}</Permission></Grant>`;
}

/** GetBucketLocation. */
export function writeS3BucketLocation(region: string): string {
  const document = writeXml(['LocationConstraint', region]);
  return document.replace('<LocationConstraint>', `<LocationConstraint xmlns="${namespace}">`);
}

export interface S3PostResponse {
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
}

/** The answer to a form with `success_action_status` 201; this one has no namespace. */
export function writeS3PostResponse({ location, bucket, key, etag }: S3PostResponse): string {
  return writeXml([
    'PostResponse',
    [
      ['Location', location],
      ['Bucket', bucket],
      ['Key', key],
      ['ETag', `"${etag}"`],
    ],
  ]);
}
