// The documents of answers as S3 writes them: OSS's, with S3's namespace and words, ETags in lower case, and what has another shape
// reshaped (AWS: "Amazon S3 REST API Introduction", GetBucketAcl, ListBuckets, "POST Object"). They are translated as text: in what
// `writeXml` writes a `<` always begins a tag, so that no text can be taken for an element, and elements have no attributes.

import { toS3StorageClass } from './words.ts';

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers';

/** What an element's text becomes; undefined: S3 does not have the element. */
const ELEMENTS: Readonly<Record<string, (text: string) => string | undefined>> = {
  ETag: (etag) => etag.toLowerCase(),
  StorageClass: toS3StorageClass,
  // The region of a bucket, in either kind of answer that tells it.
  LocationConstraint: (location) => location.replace(/^oss-/, ''),
  // Of objects in a list.
  Type: () => undefined,
  // Of parts in a list.
  HashCrc64ecma: () => undefined,
  // Of CORS rules.
  ResponseVary: () => undefined,
};

/** Documents of another shape, by their root. */
const ROOTS: Readonly<Record<string, (document: string) => string>> = {
  AccessControlPolicy: reshapeGrants,
  ListAllMyBucketsResult: reshapeBucketList,
  PostResponse: reshapePostResponse,
};

/** A document that this server wrote for OSS, in the words of S3. */
export function toS3Document(document: string): string {
  const root = /^<\?xml[^\n]*\n<([A-Za-z0-9]+)>/.exec(document)?.[1];
  if (root === undefined) return document;
  const translated = document.replace(/ *<([A-Za-z0-9]+)>([^<]*)<\/\1>\n/g, translateElement);
  if (Object.hasOwn(ROOTS, root)) return (ROOTS[root] as (document: string) => string)(translated);
  return withNamespace(translated, root);
}

function translateElement(line: string, name: string, text: string): string {
  const translate = Object.hasOwn(ELEMENTS, name) ? ELEMENTS[name] : undefined;
  const translated = translate ? translate(text) : text;
  return translated === undefined ? '' : line.replace(`>${text}<`, () => `>${translated}<`);
}

function withNamespace(document: string, root: string): string {
  return document.replace(`<${root}>`, `<${root} xmlns="${namespace}">`);
}

/** `<Grant>public-read</Grant>`, beside an owner, is a list of grants in S3: the owner may all, everybody some. */
function reshapeGrants(document: string): string {
  const owner = /<ID>([^<]*)<\/ID>\s*<DisplayName>([^<]*)<\/DisplayName>/.exec(document);
  const [, id = '', displayName = ''] = owner ?? [];
  const reshaped = document.replace(/<Grant>([^<]*)<\/Grant>/, (_, acl: string) => {
    const ownerText = `xsi:type="CanonicalUser"><ID>${id}</ID><DisplayName>${displayName}</DisplayName>`;
    const everybody = `xsi:type="Group"><URI>${allUsers}</URI>`;
    const grants = [writeGrant(ownerText, 'FULL_CONTROL')];
    if (acl.startsWith('public-read')) grants.push(writeGrant(everybody, 'READ'));
    if (acl === 'public-read-write') grants.push(writeGrant(everybody, 'WRITE'));
    return grants.join('\n    ');
  });
  return withNamespace(reshaped, 'AccessControlPolicy');
}

function writeGrant(grantee: string, permission: string): string {
  const schema = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  return `<Grant><Grantee ${schema} ${grantee}</Grantee><Permission>${permission}</Permission></Grant>`;
}

/** S3 tells of a bucket its name, its date and its region, and where the list goes on in another word. */
function reshapeBucketList(document: string): string {
  const reshaped = document
    .replace(
      / *<(Marker|MaxKeys|IsTruncated|ExtranetEndpoint|IntranetEndpoint|Location|StorageClass|ResourceGroupId)>[^<]*<\/\1>\n/g,
      '',
    )
    .replace(/<(\/?)NextMarker>/g, '<$1ContinuationToken>')
    .replace(/<(\/?)Region>/g, '<$1BucketRegion>');
  return withNamespace(reshaped, 'ListAllMyBucketsResult');
}

/** In S3's order, and without a namespace. */
function reshapePostResponse(document: string): string {
  const elements = new Map(
    Array.from(
      document.matchAll(/ *<([A-Za-z]+)>[^<]*<\/\1>\n/g),
      ([line, name = '']) => [name, line] as const,
    ),
  );
  const ordered = ['Location', 'Bucket', 'Key', 'ETag'].map((name) => elements.get(name) ?? '').join('');
  return document.replace(
    /<PostResponse>[\s\S]*<\/PostResponse>/,
    () => `<PostResponse>\n${ordered}</PostResponse>`,
  );
}
