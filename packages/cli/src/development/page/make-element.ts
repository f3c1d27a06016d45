// Elements made from names and texts. Text stays text: file names, keys and answers come from anybody.

export interface ElementOptions {
  readonly text?: string;
  readonly className?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (Node | string)[];
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { text, className, attributes = {}, children = [] }: ElementOptions = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className) element.className = className;
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** An element that the page was written with. */
export function getElement<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element as Kind;
}
