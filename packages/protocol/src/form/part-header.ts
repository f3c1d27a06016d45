// The header of one part. As strict as the service where it was seen to be (Content-Disposition first, nothing unknown after it), and
// read by the rules of the programs that write it: RFC 7578 and the WHATWG form encoding, not the quoting of RFC 822.

import { OssError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

export const fieldNameBytesMax = 8 * 1024;

/** What a part says of itself. */
export interface PartHeader {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controlCharacters = /[\0-\x08\x0a-\x1f\x7f]/;

/** Headers of fields that were read before: those of one page, and often those of all pages, are the same in every form. */
const keptHeaders = new Map<string, PartHeader>();
export const keptHeadersMax = 256;
const keptHeaderCharactersMax = 128;

/**
 * @param header the header's lines joined by CRLF, without the empty line that ends them, one character a byte
 * @throws OssError MalformedPOSTRequest, FieldItemTooLong.name, InvalidArgument.fieldName, InvalidArgument.notUtf8,
 *   InvalidArgument.unrecognizedField
 */
export function parsePartHeader(header: string): PartHeader {
  const kept = keptHeaders.get(header);
  if (kept) return kept;
  const read = readPartHeader(header);
  // Names of files differ, and would push out those of fields.
  if (read.fileName === undefined && header.length <= keptHeaderCharactersMax) {
    if (keptHeaders.size >= keptHeadersMax) keptHeaders.clear();
    keptHeaders.set(header, read);
  }
  return read;
}

function readPartHeader(header: string): PartHeader {
  const [first, ...others] = header.split('\r\n').map(parseLine);
  if (first?.name !== 'content-disposition') throw malformed();
  const disposition = parseDisposition(first.value);
  let contentType: string | undefined;
  for (const line of others) {
    if (line.name === 'content-type' && contentType === undefined)
      contentType = decodeText(line.value, 'Content-Type');
    else if (line.name === 'content-transfer-encoding')
      continue; // Deprecated by RFC 7578: the bytes are stored as they came.
    else if (/^content-(type|disposition|length)$/.test(line.name)) throw malformed();
    else throw new OssError('InvalidArgument.unrecognizedField');
  }
  return { ...disposition, contentType };
}

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?=:)/;
function parseLine(line: string): { name: string; value: string } {
  // Folded lines begin with a blank and fail here; so do bare CR and LF, and NUL.
  const name = fieldName.exec(line)?.[0];
  if (name === undefined || controlCharacters.test(line)) throw malformed();
  return { name: name.toLowerCase(), value: trimBlanks(line, name.length + 1) };
}

/** What is left of `text` from `start` on. Not by a regular expression: of a long run of blanks it would try every end. */
function trimBlanks(text: string, start: number): string {
  let from = start;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function parseDisposition(value: string): { name: string; fileName: string | undefined } {
  const kind = /^form-data[ \t]*(?=;|$)/i.exec(value);
  if (!kind) throw malformed();
  const parameters = parseParameters(value.slice(kind[0].length));
  const name = parameters.get('name');
  if (name === undefined) throw malformed();
  if (name.length > fieldNameBytesMax) throw nameTooLong(name.length);
  if (name === '') throw new OssError('InvalidArgument.fieldName');
  const decodedName = decodeText(unescapeFormText(name), 'name');
  if (/[\0\r\n]/.test(decodedName)) throw malformed();
  const fileName = parameters.get('filename');
  // `filename*` is left alone: RFC 7578 forbids it, and two names for one file are two truths.
  return {
    name: decodedName,
    fileName: fileName === undefined ? undefined : decodeText(unescapeFormText(fileName), 'filename'),
  };
}

/** By lower-case name. A quoted value ends at the next quote: inside, browsers write a quote as %22, and a backslash is a backslash. */
function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const parameter =
    /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"([^"]*)"|([^\s;"]*))[ \t]*(?=;|$)|[ \t]*;[ \t]*$/y;
  while (parameter.lastIndex < text.length) {
    const found = parameter.exec(text);
    if (!found) throw malformed();
    if (found[1] === undefined) continue;
    const name = found[1].toLowerCase();
    if (parameters.has(name)) throw malformed();
    parameters.set(name, found[2] ?? found[3] ?? '');
  }
  return parameters;
}

/** The three escapes of the WHATWG form encoding, and no others: a literal `%41` in a name stays what it is. */
function unescapeFormText(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const ascii = /^[\0-\x7f]*$/;

function decodeText(latin1: string, field: string): string {
  if (ascii.test(latin1)) return latin1;
  const text = decodeUtf8(Uint8Array.from(latin1, (character) => character.charCodeAt(0)));
  if (text === undefined) throw new OssError('InvalidArgument.notUtf8', { field });
  return text;
}

/** For a header so long that it was never read to its end: whether a field name is what made it so. */
export function refuseLongHeader(headerStart: string): OssError {
  const name = /^content-disposition:[ \t]*form-data[ \t]*;[ \t]*name="([^"]*)$/i.exec(headerStart);
  return name ? nameTooLong((name[1] as string).length) : malformed();
}

function nameTooLong(bytes: number): OssError {
  return new OssError('FieldItemTooLong.name', { MaxSizeAllowed: fieldNameBytesMax, ProposedSize: bytes });
}

function malformed(): OssError {
  return new OssError('MalformedPOSTRequest');
}
