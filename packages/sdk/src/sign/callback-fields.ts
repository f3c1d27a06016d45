// The fields that make storage tell an application of an upload: `callback`, and one `x:` field for each variable of the application's
// own (OSS API: upload callback).

import { encodeBase64, encodeUtf8 } from '@postern/protocol';
import { parseUrl } from './bucket-url.ts';

export interface CallbackOptions {
  /** Where storage posts to; up to five, tried in order until one answers. */
  readonly url: string | readonly string[];
  /** The body, with `${bucket}`, `${object}`, `${size}` … and `${x:name}` in it. Default: name and content, and every variable. */
  readonly body?: string;
  readonly bodyType?: 'application/x-www-form-urlencoded' | 'application/json';
  /** The Host header, where it is not the host of the URL. */
  readonly host?: string;
  /** Values of the application's own, by name without `x:`: `{ user: '42' }` is `${x:user}` in the body. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Of the whole field, in base64. */
const callbackCharsMax = 5 * 1024;
const callbackUrlsMax = 5;

const systemVariables = ['bucket', 'object', 'etag', 'size', 'mimeType'];

/**
 * `{ callback, 'x:user': … }`
 * @throws TypeError that says which option is wrong
 */
export function callbackFields(options: CallbackOptions): Readonly<Record<string, string>> {
  const { bodyType = 'application/x-www-form-urlencoded', host, variables = {} } = options;
  const names = Object.keys(variables);
  for (const name of names) {
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
      throw new TypeError(
        `not the name of a callback variable: "${name}"; write it in lower case, without "x:"`,
      );
    }
  }
  const body =
    options.body ?? writeDefaultBody(bodyType, [...systemVariables, ...names.map((name) => `x:${name}`)]);
  if (body === '') throw new TypeError('the body of a callback cannot be empty');
  const configuration = {
    callbackUrl: checkUrls([options.url].flat()).join(';'),
    ...(host !== undefined && { callbackHost: host }),
    callbackBody: body,
    callbackBodyType: bodyType,
  };
  const callback = encodeBase64(encodeUtf8(JSON.stringify(configuration)));
  if (callback.length > callbackCharsMax) {
    throw new TypeError(
      `the callback is too long: ${callback.length} characters in base64, ${callbackCharsMax} allowed`,
    );
  }
  return { callback, ...Object.fromEntries(names.map((name) => [`x:${name}`, variables[name] as string])) };
}

function checkUrls(urls: readonly string[]): readonly string[] {
  if (urls.length === 0 || urls.length > callbackUrlsMax) {
    throw new TypeError(`a callback has 1 to ${callbackUrlsMax} addresses, not ${urls.length}`);
  }
  for (const text of urls) {
    const url = parseUrl(text);
    if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !text.includes(';'))
      continue;
    throw new TypeError(`not an address to call back: "${text}"`);
  }
  return urls;
}

/** In JSON storage writes the quotes: `{"object":${object},"size":${size}}`. */
function writeDefaultBody(bodyType: CallbackOptions['bodyType'], names: readonly string[]): string {
  const plain = (name: string) => name.replace(/^x:/, '');
  return bodyType === 'application/json'
    ? `{${names.map((name) => `"${plain(name)}":\${${name}}`).join(',')}}`
    : names.map((name) => `${plain(name)}=\${${name}}`).join('&');
}
