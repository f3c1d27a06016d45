// Where an upload says that its application is to be called: a form in its fields, a request in headers or its query (PostObject and
// PutObject references: callback; OSS API: upload callback). What the two say is the same; only this file knows where they say it.

import { decodeBase64, decodeUtf8, OssError, type PostFields } from '@postern/protocol';
import type { OssRequest } from '../call.ts';

/** A callback as it was asked for, nothing of it looked at yet. */
export interface CallbackOrder {
  /** The base64 text; undefined when none is asked for. */
  readonly configuration: string | undefined;
  /**
   * The uploader's own variables by their full name, `x:` included. They are read only when there is a callback to put them in.
   *
   * @throws OssError InvalidArgument.callbackVar, .callbackVarLength, .callbackVarNotJson
   */
  readonly variables: () => ReadonlyMap<string, string>;
}

/** Names and values of all `x:` fields, or the base64 of `callback-var`: the documented limit of the latter. */
const variableBytesMax = 5 * 1024;

export function callbackInForm(fields: PostFields): CallbackOrder {
  return { configuration: fields.get('callback'), variables: () => collectFields(fields) };
}

function collectFields(fields: PostFields): Map<string, string> {
  const variables = new Map<string, string>();
  let bytes = 0;
  for (const { name, value } of fields) {
    if (!name.startsWith('x:')) continue;
    checkOneLine(name, value);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (bytes > variableBytesMax) throw new OssError('InvalidArgument.callbackVarLength');
    variables.set(name, value);
  }
  return variables;
}

function checkOneLine(name: string, value: string): void {
  if (/[\r\n]/.test(name + value)) throw new OssError('InvalidArgument.callbackVar', { ArgumentName: name });
}

/** @throws OssError InvalidArgument.callbackTwice, InvalidArgument.callbackVarTwice */
export function callbackInRequest({ headers, query }: Pick<OssRequest, 'headers' | 'query'>): CallbackOrder {
  const inHeader = headers.get('x-oss-callback');
  const inQuery = query.get('callback');
  if (inHeader !== undefined && inQuery !== undefined) throw new OssError('InvalidArgument.callbackTwice');
  const varInHeader = headers.get('x-oss-callback-var');
  const varInQuery = query.get('callback-var');
  if (varInHeader !== undefined && varInQuery !== undefined) {
    throw new OssError('InvalidArgument.callbackVarTwice');
  }
  return {
    configuration: inHeader ?? inQuery,
    variables: () => decodeVariables(varInHeader ?? varInQuery ?? ''),
  };
}

/** Base64 of a JSON object whose names begin with `x:` and whose values are texts. */
function decodeVariables(encoded: string): ReadonlyMap<string, string> {
  if (encoded === '') return new Map();
  if (encoded.length > variableBytesMax) throw new OssError('InvalidArgument.callbackVarLength');
  const bytes = decodeBase64(encoded);
  const text = bytes && decodeUtf8(bytes);
  const object = text === undefined ? undefined : parseObject(text);
  if (object === undefined) throw new OssError('InvalidArgument.callbackVarNotJson');
  return new Map(Object.entries(object).map(([name, value]) => [name, checkVariable(name, value)]));
}

/** @returns undefined when the text is not the JSON of an object */
function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    // A SyntaxError is how ECMAScript answers "no".
    return undefined;
  }
}

/** Another name than `x:…` could pass for what the server says of the upload. */
function checkVariable(name: string, value: unknown): string {
  if (!name.startsWith('x:') || typeof value !== 'string') {
    throw new OssError('InvalidArgument.callbackVarNotJson');
  }
  checkOneLine(name, value);
  return value;
}
