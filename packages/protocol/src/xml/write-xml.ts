// XML as OSS writes it: a declaration, one element per line, two blanks per level, no attributes. Whatever the text, the document is
// well-formed XML 1.0.
//
// XML 1.0 cannot carry some characters that object names can (most of the controls, U+FFFE, U+FFFF): neither as they are nor as
// references, which parsers refuse with the whole document. They are written as U+FFFD. A client that may meet such names asks for
// `encoding-type=url`, as every SDK does, and gets each of them exactly.

import type { XmlElement } from './read-xml.ts';

/** An element: its name, and its text or its children. */
export type XmlTree = readonly [name: string, content: string | number | boolean | readonly XmlChild[]];

/** A child that is undefined is left out. */
type XmlChild = XmlTree | WrittenElements | undefined;

/** Elements as they stand in a document, each of their lines with its indentation and its end: for the many that are alike. */
export interface WrittenElements {
  readonly written: string;
}

/** What was read, to be written again: as it was but for blanks between and around. */
export function treeOf({ name, text, children }: XmlElement): XmlTree {
  return [name, children.length === 0 ? text.trim() : children.map(treeOf)];
}

/** The document whose root is `root`. Names are trusted, texts are not. */
export function writeXml(root: XmlTree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeElement(root, '')}`;
}

function writeElement([name, content]: XmlTree, indent: string): string {
  if (typeof content === 'object') {
    const written = writeElements(content, `${indent}  `);
    return written === ''
      ? `${indent}<${name}></${name}>\n`
      : `${indent}<${name}>\n${written}${indent}</${name}>\n`;
  }
  const text = typeof content === 'string' ? writeText(content) : String(content);
  return `${indent}<${name}>${text}</${name}>\n`;
}

/** The children of an element, each indented by `indent`. */
export function writeElements(children: readonly XmlChild[], indent: string): string {
  // Appended one by one: arrays of a thousand texts took as long as the texts.
  let written = '';
  for (const child of children) {
    if (child !== undefined) written += 'written' in child ? child.written : writeElement(child, indent);
  }
  return written;
}

/** A text as it stands in an element. */
export function writeText(text: string): string {
  return notPlain.test(text) ? escapeText(text) : text;
}

/** Whatever {@link escapeText} might change, and some that it does not: most texts have none of it. */
const notPlain = /[^\t\n -%'-;=?-~]/;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // Parsers turn a bare carriage return into a line feed.
  '\r': '&#13;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => references[character] as string).replace(notXml, '\ufffd');
}

/** What is not a Char of XML 1.0 (section 2.2); with the `u` flag a surrogate matches only when it is unpaired. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/gu;
