// The `callbackBody` template: `${name}` becomes what is known of the upload, `${x:name}` what the form's own field said, and the result is
// a well-formed body whatever a file name holds (OSS API: upload callback). Names are case-sensitive; an unknown one is empty, and so
// are `imageInfo.*` (this server does not look into images) and `vpcId` (there is none outside the cloud).

import { encodeComponent } from '@postern/protocol';

export type CallbackBodyType = 'application/x-www-form-urlencoded' | 'application/json';

/** What a callback can tell: the system variables of the callback manual, and what its request headers say. */
export interface CallbackFacts {
  readonly bucket: string;
  readonly object: string;
  /** Without quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly mimeType: string;
  /** Unsigned decimal. */
  readonly crc64: string;
  /** Base64. */
  readonly contentMd5: string;
  readonly clientIp: string;
  readonly reqId: string;
  readonly operation: string;
  /** Empty when nobody signed. */
  readonly accessKeyId: string;
  /** The authority that the client addressed: where the public key is found unless `publicUrl` is set. */
  readonly host: string;
}

/** Where a variable stands decides how its value is written. */
type Place = 'form-value' | 'json-value' | 'json-string';

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly place: Place };

/** A template whose every `${` is understood. */
export interface CallbackTemplate {
  readonly bodyType: CallbackBodyType;
  readonly pieces: readonly Piece[];
}

/** `${a}${a}…` makes a large body of a small form; with `x:` fields bounded too, this bounds the body (to a few megabytes). */
const variablesMax = 100;

const SYSTEM_VARIABLES = new Map<string, (facts: CallbackFacts) => string | number>([
  ['bucket', (facts) => facts.bucket],
  ['object', (facts) => facts.object],
  ['etag', (facts) => facts.etag],
  ['size', (facts) => facts.size],
  ['mimeType', (facts) => facts.mimeType],
  ['crc64', (facts) => facts.crc64],
  ['contentMd5', (facts) => facts.contentMd5],
  ['clientIp', (facts) => facts.clientIp],
  ['reqId', (facts) => facts.reqId],
  ['operation', (facts) => facts.operation],
]);

/** Undefined for a `${` without its `}`, an empty or nested name, too many variables, or a backslash that would bite into a value. */
export function parseTemplate(template: string, bodyType: CallbackBodyType): CallbackTemplate | undefined {
  const parts = template.split(/\$\{([^${}]+)\}/);
  if (parts.length > 2 * variablesMax + 1) return undefined;

  const pieces: Piece[] = [];
  let place: Place = bodyType === 'application/json' ? 'json-value' : 'form-value';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      pieces.push({ kind: 'variable', name: part, place });
      continue;
    }
    if (part.includes('${')) return undefined;
    const after: Place | undefined = place === 'form-value' ? place : followJson(part, place);
    if (after === undefined) return undefined;
    pieces.push({ kind: 'text', text: part });
    place = after;
  }
  return { bodyType, pieces };
}

/**
 * Whether JSON text leaves us inside a string. Templates come in two spellings: `{"a":${object}}`, where the value brings its quotes, and the
 * older `{"a":"dir/${object}"}`, where the author wrote them. Following the quotes from the start tells them apart wherever the variable
 * stands in its string; both give valid JSON. Undefined when a backslash is left open: it would undo the escape of what follows.
 */
function followJson(text: string, start: Exclude<Place, 'form-value'>): typeof start | undefined {
  let inString = start === 'json-string';
  for (let at = 0; at < text.length; at++) {
    if (inString && text[at] === '\\') {
      at++;
      if (at === text.length) return undefined;
    } else if (text[at] === '"') inString = !inString;
  }
  return inString ? 'json-string' : 'json-value';
}

/** The body to send. `formVariables` holds the `x:` fields by their full name. */
export function expandTemplate(
  template: CallbackTemplate,
  facts: CallbackFacts,
  formVariables: ReadonlyMap<string, string>,
): string {
  return template.pieces
    .map((piece) => {
      if (piece.kind === 'text') return piece.text;
      const value = formVariables.get(piece.name) ?? SYSTEM_VARIABLES.get(piece.name)?.(facts) ?? '';
      return writeValue(value, piece.place);
    })
    .join('');
}

function writeValue(value: string | number, place: Place): string {
  if (place === 'form-value') return encodeComponent(String(value));
  if (place === 'json-value') return JSON.stringify(value);
  return JSON.stringify(String(value)).slice(1, -1);
}
