// A bucket as a website (PutBucketWebsite, GetBucketWebsite): what is shown for a folder, for what is not there, and where readers are sent
// instead. Rules of redirection are told back element for element; of them the part that is acted upon is read.

import { OssError } from '../errors.ts';
import { type ObjectName, parseObjectName } from '../object-name.ts';
import {
  findBoolean,
  findChild,
  findChildren,
  findText,
  findWord,
  readXml,
  type XmlElement,
} from './read-xml.ts';
import { treeOf, writeXml, type XmlTree } from './write-xml.ts';

export const websiteBytesMax = 64 * 1024;
export const routingRulesMax = 20;
const ruleHeadersMax = 10;

export interface WebsiteIndex {
  /** The name of the page of a folder, e.g. `index.html`. */
  readonly suffix: string;
  /** Whether each folder has its own; else the one of the bucket stands for all. */
  readonly supportsSubdirectories: boolean;
  /** For `abc`, which is not there while `abc/index.html` is: go there, nothing is there, or show it. */
  readonly type: 'redirect' | 'missing' | 'content';
}

export interface RoutingRule {
  readonly number: number;
  readonly keyPrefix: string;
  readonly keySuffix: string;
  /** Undefined: before anything is read. */
  readonly errorStatus: number | undefined;
  /** Names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** `mirror`: OSS would fetch the object from elsewhere. */
  readonly redirect: Redirect | 'mirror';
}

export interface Redirect {
  readonly status: number;
  /** Undefined: as the request came. */
  readonly protocol: 'http' | 'https' | undefined;
  readonly hostName: string | undefined;
  /** What takes the place of the key, `${key}` in it standing for the key. */
  readonly replaceKeyWith: string | undefined;
  /** What takes the place of the rule's prefix. */
  readonly replacePrefixWith: string | undefined;
  readonly passesQuery: boolean;
}

export interface WebsiteConfiguration {
  readonly index: WebsiteIndex | undefined;
  readonly error: { readonly key: ObjectName; readonly status: 200 | 404 } | undefined;
  /** By number. */
  readonly rules: readonly RoutingRule[];
  /** The element of the rules as it came. */
  readonly rulesTree: XmlTree | undefined;
}

const indexTypes = ['redirect', 'missing', 'content'] as const;

export function writeWebsiteConfiguration({ index, error, rulesTree }: WebsiteConfiguration): string {
  return writeXml([
    'WebsiteConfiguration',
    [
      index && [
        'IndexDocument',
        [
          ['Suffix', index.suffix],
          ['SupportSubDir', index.supportsSubdirectories],
          ['Type', indexTypes.indexOf(index.type)],
        ],
      ],
      error && [
        'ErrorDocument',
        [
          ['Key', error.key],
          ['HttpStatus', error.status],
        ],
      ],
      rulesTree,
    ],
  ]);
}

/** @throws OssError MalformedXML, EntityTooLarge, InvalidArgument.website… */
export function parseWebsiteConfiguration(document: string | Uint8Array): WebsiteConfiguration {
  if (document.length > websiteBytesMax) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: websiteBytesMax, ProposedSize: document.length });
  }
  const root = readXml(document, 'WebsiteConfiguration');
  const index = findChild(root, 'IndexDocument');
  const error = findChild(root, 'ErrorDocument');
  const routing = findChild(root, 'RoutingRules');
  const rules = routing ? findChildren(routing, 'RoutingRule').map(parseRule) : [];
  if (!index && !error && rules.length === 0) throw new OssError('MalformedXML');
  if (rules.length > routingRulesMax) {
    throw new OssError('InvalidArgument.websiteRules', { limit: routingRulesMax });
  }
  if (new Set(rules.map(({ number }) => number)).size < rules.length) {
    throw new OssError('InvalidArgument.websiteRuleNumber');
  }
  return {
    index: index && parseIndex(index),
    error: error && parseErrorDocument(error),
    rules: rules.toSorted((a, b) => a.number - b.number),
    rulesTree: rules.length === 0 || !routing ? undefined : treeOf(routing),
  };
}

function parseIndex(element: XmlElement): WebsiteIndex {
  const suffix = findWord(element, 'Suffix');
  if (suffix === undefined) throw new OssError('MalformedXML');
  checkName(suffix, 'Suffix');
  if (suffix.includes('/')) throw wrongName('Suffix', suffix);
  const number = findWord(element, 'Type') ?? '0';
  const type = /^[0-2]$/.test(number) ? indexTypes[Number(number)] : undefined;
  if (type === undefined) throw new OssError('MalformedXML');
  return { suffix, supportsSubdirectories: findBoolean(element, 'SupportSubDir'), type };
}

function parseErrorDocument(element: XmlElement): NonNullable<WebsiteConfiguration['error']> {
  const key = findWord(element, 'Key');
  const status = findWord(element, 'HttpStatus') ?? '404';
  if (key === undefined || !/^(200|404)$/.test(status)) throw new OssError('MalformedXML');
  return { key: checkName(key, 'Key'), status: status === '200' ? 200 : 404 };
}

function checkName(name: string, element: string): ObjectName {
  try {
    return parseObjectName(name);
  } catch (cause) {
    throw wrongName(element, name, cause);
  }
}

function wrongName(element: string, name: string, cause?: unknown): OssError {
  return new OssError(
    'InvalidArgument.websiteName',
    { ArgumentName: element, ArgumentValue: name },
    { cause },
  );
}

// --- Rules ---

function parseRule(element: XmlElement): RoutingRule {
  const number = parseNumber(findWord(element, 'RuleNumber'), /^[1-9][0-9]{0,8}$/);
  const condition = findChild(element, 'Condition');
  const redirect = findChild(element, 'Redirect');
  if (number === undefined || !redirect) throw new OssError('MalformedXML');
  const headers = condition ? findChildren(condition, 'IncludeHeader').map(parseHeader) : [];
  if (headers.length > ruleHeadersMax) throw new OssError('MalformedXML');
  return {
    number,
    keyPrefix: (condition && findText(condition, 'KeyPrefixEquals')) ?? '',
    keySuffix: (condition && findText(condition, 'KeySuffixEquals')) ?? '',
    errorStatus: parseNumber(
      condition && findWord(condition, 'HttpErrorCodeReturnedEquals'),
      /^[45][0-9]{2}$/,
    ),
    headers,
    redirect: parseRedirect(redirect),
  };
}

function parseHeader(element: XmlElement): RoutingRule['headers'][number] {
  const name = findWord(element, 'Key')?.toLowerCase();
  const value = findWord(element, 'Equals');
  if (name === undefined || value === undefined) throw new OssError('MalformedXML');
  return { name, value };
}

function parseRedirect(element: XmlElement): RoutingRule['redirect'] {
  const type = findWord(element, 'RedirectType');
  if (type === 'Mirror') return 'mirror';
  if (type !== 'External' && type !== 'AliCDN') throw new OssError('MalformedXML');
  const status = parseNumber(findWord(element, 'HttpRedirectCode') ?? '302', /^30[1-8]$/);
  const protocol = findWord(element, 'Protocol');
  const hostName = findWord(element, 'HostName');
  if (status === undefined || status === 304) throw new OssError('MalformedXML');
  if (protocol !== undefined && protocol !== 'http' && protocol !== 'https')
    throw new OssError('MalformedXML');
  if (hostName !== undefined && !/^[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/.test(hostName)) {
    throw wrongName('HostName', hostName);
  }
  const replaceKeyWith = findText(element, 'ReplaceKeyWith') || undefined;
  const replacesPrefix = findBoolean(element, 'EnableReplacePrefix');
  if (replaceKeyWith !== undefined && replacesPrefix) throw new OssError('MalformedXML');
  return {
    status,
    protocol,
    hostName,
    replaceKeyWith,
    replacePrefixWith: replacesPrefix ? (findText(element, 'ReplaceKeyPrefixWith') ?? '') : undefined,
    passesQuery: findBoolean(element, 'PassQueryString'),
  };
}

/** Undefined when there is no text. @throws OssError MalformedXML when it is not of the form */
function parseNumber(text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined;
  if (!form.test(text)) throw new OssError('MalformedXML');
  return Number(text);
}
