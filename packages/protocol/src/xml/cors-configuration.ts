// The CORS rules of a bucket (PutBucketCors, GetBucketCors). What passes here can be matched and put into response headers later
// without another look: methods are known, header names are tokens, origins hold no blanks or line breaks.

import { OssError } from '../errors.ts';
import { findBoolean, findChildren, findWord, readXml, type XmlElement } from './read-xml.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

export const corsMethods = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'] as const;
export type CorsMethod = (typeof corsMethods)[number];

export const corsRulesMax = 20;
export const corsBytesMax = 16 * 1024;

/** One rule. Origins and allowed headers may hold one `*` each, which stands for any text. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly CorsMethod[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

export interface CorsConfiguration {
  readonly rules: readonly CorsRule[];
  /** Whether every answer says `Vary: Origin`. */
  readonly responseVary: boolean;
}

export function writeCorsConfiguration({ rules, responseVary }: CorsConfiguration): string {
  return writeXml(['CORSConfiguration', [...rules.map(ruleTree), ['ResponseVary', responseVary]]]);
}

function ruleTree(rule: CorsRule): XmlTree {
  return [
    'CORSRule',
    [
      ...rule.allowedOrigins.map((origin) => ['AllowedOrigin', origin] as const),
      ...rule.allowedMethods.map((method) => ['AllowedMethod', method] as const),
      ...rule.allowedHeaders.map((header) => ['AllowedHeader', header] as const),
      ...rule.exposeHeaders.map((header) => ['ExposeHeader', header] as const),
      rule.maxAgeSeconds === undefined ? undefined : ['MaxAgeSeconds', rule.maxAgeSeconds],
    ],
  ];
}

/**
 * @throws OssError MalformedXML (no rule, or one without origin or method, or an age that is no number), CORSRuleBeyondLimit,
 *   EntityTooLarge (over {@link corsBytesMax}), InvalidArgument.corsMethod, .corsWildcard, .corsExposeWildcard, .corsValue
 */
export function parseCorsConfiguration(document: string | Uint8Array): CorsConfiguration {
  if (document.length > corsBytesMax) {
    throw new OssError('EntityTooLarge', { MaxSizeAllowed: corsBytesMax, ProposedSize: document.length });
  }
  const root = readXml(document, 'CORSConfiguration');
  const rules = findChildren(root, 'CORSRule');
  if (rules.length === 0) throw new OssError('MalformedXML');
  if (rules.length > corsRulesMax) throw new OssError('CORSRuleBeyondLimit');
  return { rules: rules.map(parseRule), responseVary: findBoolean(root, 'ResponseVary') };
}

function parseRule(rule: XmlElement): CorsRule {
  const allowedOrigins = findValues(rule, 'AllowedOrigin');
  const allowedMethods = findValues(rule, 'AllowedMethod').map(parseMethod);
  const allowedHeaders = findValues(rule, 'AllowedHeader');
  const exposeHeaders = findValues(rule, 'ExposeHeader');
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw new OssError('MalformedXML');

  for (const origin of allowedOrigins) checkOrigin(origin);
  for (const header of allowedHeaders) {
    checkHeaderName('AllowedHeader', header);
    checkOneWildcard('AllowedHeader', header);
  }
  for (const header of exposeHeaders) {
    checkHeaderName('ExposeHeader', header);
    if (header.includes('*')) throw new OssError('InvalidArgument.corsExposeWildcard', { value: header });
  }
  return {
    allowedOrigins,
    allowedMethods,
    allowedHeaders,
    exposeHeaders,
    maxAgeSeconds: parseMaxAge(findWord(rule, 'MaxAgeSeconds')),
  };
}

/** Without blanks around them; empty elements, which some clients write for empty lists, count as absent. */
function findValues(rule: XmlElement, name: string): string[] {
  return findChildren(rule, name)
    .map((child) => child.text.trim())
    .filter((text) => text !== '');
}

function parseMethod(text: string): CorsMethod {
  const method = corsMethods.find((known) => known === text);
  if (method !== undefined) return method;
  throw new OssError('InvalidArgument.corsMethod', { ArgumentName: 'AllowedMethod', ArgumentValue: text });
}

function checkOrigin(origin: string): void {
  if (!/^[!-~]+$/.test(origin)) refuseValue('AllowedOrigin', origin);
  checkOneWildcard('AllowedOrigin', origin);
}

/** A token of RFC 9110; `*` is one of its characters. */
function checkHeaderName(element: string, name: string): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) refuseValue(element, name);
}

function checkOneWildcard(element: string, value: string): void {
  if (value.indexOf('*') !== value.lastIndexOf('*')) {
    throw new OssError('InvalidArgument.corsWildcard', { element, value });
  }
}

function refuseValue(element: string, value: string): never {
  throw new OssError('InvalidArgument.corsValue', { element, value });
}

/** 0 to 999,999,999 seconds. */
function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) throw new OssError('MalformedXML');
  return Number(text);
}
