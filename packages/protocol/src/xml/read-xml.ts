// XML that clients send, read into a small tree: elements and text; attributes (in practice: namespaces), comments and processing
// instructions are skipped. There is no DOCTYPE and so no entity but the five of XML; size, depth and number of elements are bounded.
//
// One thing is read that XML 1.0 forbids: references such as `&#x0c;` to controls. SDKs write them for object names in
// DeleteMultipleObjects, and a name that cannot be named cannot be deleted. Bare controls are refused.

import { SaxesParser } from 'saxes';
import { OssError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

/** DeleteMultipleObjects allows the largest document: 2 MB. */
export const xmlBytesMax = 2 * 1024 * 1024;
export const xmlDepthMax = 16;
/** Completing an upload of 10,000 parts takes 30,001 elements. */
export const xmlElementsMax = 65_536;

/** An element as it was read. */
export interface XmlElement {
  readonly name: string;
  /** All text directly inside, exactly: for an element without children, its value. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement extends XmlElement {
  text: string;
  readonly children: OpenElement[];
}

/**
 * The root element, called `rootName`. Bytes must be UTF-8.
 *
 * @throws OssError MalformedXML when it is not, or not well-formed, or beyond one of the bounds above
 */
export function readXml(document: string | Uint8Array, rootName: string): XmlElement {
  if (document.length > xmlBytesMax) throw new OssError('MalformedXML');
  const text = typeof document === 'string' ? document : decodeUtf8(document);
  if (text === undefined) throw new OssError('MalformedXML');
  const root = readRoot(text);
  if (root.name !== rootName) throw new OssError('MalformedXML');
  return root;
}

function readRoot(text: string): XmlElement {
  const above: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [above];
  let elements = 0;

  // XML 1.1 is read by the rules of 1.0: those of 1.1 turn U+0085 and U+2028 into line feeds, and object names would change.
  const parser = new SaxesParser({ position: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  parser.on('error', refuse);
  parser.on('doctype', () => refuse());
  parser.on('xmldecl', ({ encoding = 'utf-8' }) => {
    if (!/^(utf-8|us-ascii)$/i.test(encoding)) refuse();
  });
  parser.on('opentag', ({ name }) => {
    elements += 1;
    if (open.length > xmlDepthMax || elements > xmlElementsMax) refuse();
    const element: OpenElement = { name, text: '', children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (part) => {
    (open.at(-1) as OpenElement).text += decodeReferences(showAmpersands(part));
  });
  parser.on('cdata', (part) => {
    (open.at(-1) as OpenElement).text += showAmpersands(part);
  });

  parser.write(hideAmpersands(text)).close();
  return above.children[0] as XmlElement;
}

/**
 * A character that no text of an SDK has, but that XML allows. Each `&` is hidden behind it from the parser, which knows no references to
 * controls, and takes seconds for a document that is made of references.
 */
const hider = '\ufdd0';

function hideAmpersands(text: string): string {
  return text.replaceAll(hider, `${hider}h`).replaceAll('&', `${hider}a`);
}

/** The inverse of {@link hideAmpersands}. */
function showAmpersands(text: string): string {
  return text.replaceAll(`${hider}a`, '&').replaceAll(`${hider}h`, hider);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Every `&` begins one of the five entities or a character reference; anything else is refused. */
function decodeReferences(text: string): string {
  return text.replace(
    /&(?:(lt|gt|amp|quot|apos);|#([0-9]{1,7});|#x([0-9a-fA-F]{1,6});)?/g,
    (_, entity, decimal, hex) => {
      if (entity !== undefined) return entities[entity] as string;
      const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return isCharacter(codePoint) ? String.fromCodePoint(codePoint) : refuse();
    },
  );
}

/** NaN, from a bare `&`, is none; neither are halves of surrogate pairs. */
function isCharacter(codePoint: number): boolean {
  return (codePoint >= 1 && codePoint <= 0xd7ff) || (codePoint >= 0xe000 && codePoint <= 0x10ffff);
}

function refuse(cause?: unknown): never {
  throw new OssError('MalformedXML', {}, { cause });
}

/** The children called `name`, in their order. */
export function findChildren(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The one child called `name`; undefined when there is none. @throws OssError MalformedXML when there are two */
export function findChild(element: XmlElement, name: string): XmlElement | undefined {
  const [child, second] = findChildren(element, name);
  if (second !== undefined) throw new OssError('MalformedXML');
  return child;
}

/**
 * The text of the one child called `name`, exactly; undefined when there is none.
 *
 * @throws OssError MalformedXML when there are two
 */
export function findText(element: XmlElement, name: string): string | undefined {
  return findChild(element, name)?.text;
}

/** {@link findText} without blanks around it; undefined when empty too. @throws OssError MalformedXML when there are two */
export function findWord(element: XmlElement, name: string): string | undefined {
  return findText(element, name)?.trim() || undefined;
}

/** Whether the child called `name` says `true`; absent or empty is false, case does not matter. @throws OssError MalformedXML */
export function findBoolean(element: XmlElement, name: string): boolean {
  const word = findWord(element, name)?.toLowerCase() ?? 'false';
  if (word !== 'true' && word !== 'false') throw new OssError('MalformedXML');
  return word === 'true';
}
