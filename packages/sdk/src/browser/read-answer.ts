// What storage answers to a form: the 201 document, the headers, the error document. OSS's documents are flat, so that an element's
// text is found without an XML parser (which workers do not have anyway).

import { decodeUtf8, type FormRules } from './form-rules.ts';
import type { Answer } from './send-form.ts';
import { type Language, UploadError, type UploadErrorKind, writeSizes } from './upload-error.ts';

/** What the upload made. */
export interface Uploaded {
  readonly status: number;
  /** The object's name. */
  readonly key: string;
  /** Where the object is, percent-encoded. Reading it may need a signature. */
  readonly location: string;
  /** Without quotes; undefined when storage does not expose the header to the page. */
  readonly etag: string | undefined;
  readonly requestId: string | undefined;
  readonly versionId: string | undefined;
  /** The text of the answer: with a callback, what the application said. */
  readonly body: string;
  /** Something that worked only by a detour, for whoever builds the page. */
  readonly warning: string | undefined;
}

/** Codes that a page will want to tell apart. */
const KINDS: Record<string, UploadErrorKind> = {
  EntityTooLarge: 'too-large',
  EntityTooSmall: 'too-small',
  InvalidObjectName: 'wrong-name',
  FileAlreadyExists: 'exists',
  SecurityTokenExpired: 'expired',
  CallbackFailed: 'callback',
};

export function readUploaded(
  answer: Answer,
  url: string,
  key: string,
  warning: string | undefined,
): Uploaded {
  const { status, body, getHeader } = answer;
  const [xml, storedKey] = status === 201 ? [body, readElement(body, 'Key')] : ['', undefined];
  const name = storedKey ?? key;
  return {
    status,
    key: name,
    location:
      readElement(xml, 'Location') ??
      url.replace(/\/?$/, '/') + name.split('/').map(encodeURIComponent).join('/'),
    etag: (getHeader('etag') ?? readElement(xml, 'ETag'))?.replaceAll('"', ''),
    requestId: getHeader('x-oss-request-id'),
    versionId: getHeader('x-oss-version-id'),
    body,
    warning,
  };
}

/** An answer that is not success, as an error. `key` and `bytes` are what was sent. */
export function readError(
  { status, body, getHeader }: Answer,
  language: Language,
  key: string,
  bytes: number,
  rules: FormRules,
): UploadError {
  const code = readElement(body, 'Code') ?? '';
  const message = readElement(body, 'Message') ?? `HTTP ${status}`;
  const limit =
    code === 'EntityTooSmall' ? rules.minBytes : (readElement(body, 'MaxSizeAllowed') ?? rules.maxBytes);
  const explain = getHeader('x-postern-explain');
  const kind = /Policy expired/.test(message) ? 'expired' : (KINDS[code] ?? 'refused');
  return new UploadError(
    kind,
    language,
    { ...writeSizes(bytes, +limit), message, got: key },
    {
      status,
      code,
      ec: readElement(body, 'EC'),
      requestId: readElement(body, 'RequestId'),
      // A header's bytes reach the page one a character.
      explain: explain && decodeUtf8(explain),
    },
  );
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function readElement(xml: string, name: string): string | undefined {
  return RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replace(/&(?:#(\w+)|(\w+));/g, (whole, code, named) =>
      code ? String.fromCodePoint(+code.replace('x', '0x')) : (ENTITIES[named] ?? whole),
    );
}
