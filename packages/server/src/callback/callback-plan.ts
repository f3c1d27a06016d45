// The callback that an upload asks for, read into a plan that can be carried out, or refused with the messages that OSS documents for it
// (PostObject reference: callback; OSS API: upload callback). No I/O: what only a name server knows is checked when the callback is sent.

import { decodeBase64, decodeUtf8, type ErrorName, OssError } from '@postern/protocol';
import { findAddressLiteral, isCallbackAddress, isCallbackPort } from './callback-address.ts';
import type { CallbackOrder } from './callback-order.ts';
import { type CallbackBodyType, type CallbackTemplate, parseTemplate } from './callback-template.ts';

/** A checked configuration; opaque to handlers. */
export interface CallbackPlan {
  /** In the order to try them. */
  readonly urls: readonly URL[];
  /** The Host header; undefined: that of the URL. */
  readonly host: string | undefined;
  readonly template: CallbackTemplate;
  /** Whether TLS names the server it wants. */
  readonly sni: boolean;
  /** The uploader's own, by their full name. */
  readonly variables: ReadonlyMap<string, string>;
  /** The JSON that all this was read from, to be echoed when it is refused. */
  readonly configuration: string;
}

/** Of the base64 text. */
const configurationCharsMax = 5 * 1024;
const urlsMax = 5;
const hostCharsMax = 255;

const BODY_TYPES: readonly string[] = [
  'application/x-www-form-urlencoded',
  'application/json',
] satisfies CallbackBodyType[];

/** Makes the refusal for one configuration: every one echoes what was configured. */
type Refusal = (row: ErrorName) => OssError;

/**
 * @returns undefined when no callback is asked for, when its configuration is empty, or its `callbackUrl`
 * @throws OssError InvalidArgument.callback…
 */
export function planCallback(order: CallbackOrder, allowPrivate: boolean): CallbackPlan | undefined {
  const encoded = order.configuration;
  if (encoded === undefined || encoded === '') return undefined;

  const { configuration, text, refusal } = decodeConfiguration(encoded);
  if (configuration.callbackUrl === '') return undefined;
  return {
    urls: parseUrls(configuration.callbackUrl, allowPrivate, refusal),
    host: parseHost(configuration.callbackHost, refusal),
    template: parseBody(configuration.callbackBody, configuration.callbackBodyType, refusal),
    sni: configuration.callbackSNI === true,
    variables: order.variables(),
    configuration: text,
  };
}

interface Configuration {
  readonly configuration: Record<string, unknown>;
  readonly text: string;
  readonly refusal: Refusal;
}

function decodeConfiguration(encoded: string): Configuration {
  if (encoded.length > configurationCharsMax) {
    throw refusalOf(encoded.slice(0, configurationCharsMax))('InvalidArgument.callbackLength');
  }
  const bytes = decodeBase64(encoded);
  if (!bytes) throw refusalOf(encoded)('InvalidArgument.callbackNotBase64');
  const text = decodeUtf8(bytes);
  if (text === undefined) throw refusalOf(encoded)('InvalidArgument.callbackNotJson');

  const refusal = refusalOf(text);
  const configuration = parseJson(text, refusal);
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration)) {
    throw refusal('InvalidArgument.callbackNotJson');
  }
  return { configuration: configuration as Record<string, unknown>, text, refusal };
}

/** @param argumentValue the configuration, decoded as far as that is possible */
export function refusalOf(argumentValue: string): Refusal {
  return (row) => new OssError(row, { ArgumentName: 'callback', ArgumentValue: argumentValue });
}

function parseJson(text: string, refusal: Refusal): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('InvalidArgument.callbackNotJson');
  }
}

function parseUrls(value: unknown, allowPrivate: boolean, refusal: Refusal): URL[] {
  if (typeof value !== 'string') throw refusal('InvalidArgument.callbackUrl');
  const texts = value.split(';').filter((text) => text.trim() !== '');
  if (texts.length === 0) throw refusal('InvalidArgument.callbackUrl');
  if (texts.length > urlsMax) throw refusal('InvalidArgument.callbackUrlCount');
  return texts.map((text) => parseUrl(text, allowPrivate, refusal));
}

function parseUrl(text: string, allowPrivate: boolean, refusal: Refusal): URL {
  // The URL parser drops tabs and line breaks in silence; whoever sends them means something else than a URL.
  if (/\p{Cc}/u.test(text)) throw refusal('InvalidArgument.callbackUrl');
  const trimmed = text.trim();
  // The scheme may be left out. `host:8080/path` has none, though a URL parser would take `host` for one.
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  const usable =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    isCallbackPort(url);
  if (!usable) throw refusal('InvalidArgument.callbackUrl');

  const address = findAddressLiteral(url);
  if (address !== undefined && !isCallbackAddress(address, allowPrivate)) {
    throw refusal('InvalidArgument.callbackPrivateAddress');
  }
  return url;
}

function parseHost(value: unknown, refusal: Refusal): string | undefined {
  if (value === undefined || value === '') return undefined;
  const usable =
    typeof value === 'string' &&
    value.length <= hostCharsMax &&
    /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(value);
  if (!usable) throw refusal('InvalidArgument.callbackHost');
  return value;
}

function parseBody(body: unknown, bodyType: unknown, refusal: Refusal): CallbackTemplate {
  if (body === undefined || body === '') throw refusal('InvalidArgument.callbackBodyEmpty');
  if (typeof body !== 'string' || /[\r\n]/.test(body)) throw refusal('InvalidArgument.callbackBody');
  const template = parseTemplate(body, parseBodyType(bodyType, refusal));
  if (!template) throw refusal('InvalidArgument.callbackBody');
  return template;
}

function parseBodyType(value: unknown, refusal: Refusal): CallbackBodyType {
  if (value === undefined || value === '') return 'application/x-www-form-urlencoded';
  if (typeof value !== 'string' || !BODY_TYPES.includes(value)) {
    throw refusal('InvalidArgument.callbackBodyType');
  }
  return value as CallbackBodyType;
}
