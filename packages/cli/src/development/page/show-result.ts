// The right half of the page: what came of an upload. The outcome in a sentence, the explanation of a refusal, the policy, the fields
// that were sent, and the answer as it came.

import { make } from './make-element.ts';
import { showExplanation } from './show-explanation.ts';
import { type Language, type TextName, writeText } from './texts.ts';

/** What was sent and what came back, as far as the browser shows it. */
export interface Result {
  readonly isGood: boolean;
  readonly title: string;
  readonly message: string;
  /** The stored object; only when it can be read without a signature does the link lead anywhere. */
  readonly objectUrl?: string | undefined;
  readonly isImage?: boolean;
  readonly fields: ReadonlyMap<string, string>;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string | undefined])[];
  /** Undefined when it is not known here. */
  readonly body?: string;
  /** The header `x-postern-explain`, decoded. */
  readonly explanation?: string | undefined;
}

type Say = (name: TextName) => string;

export function showResult(place: HTMLElement, language: Language, result: Result): void {
  const say: Say = (name) => writeText(language, name);
  place.replaceChildren(
    showOutcome(result, say('openObject')),
    ...(result.explanation ? [showExplanation(language, result.explanation)] : []),
    showSection(say('policyTitle'), [make('pre', { text: readPolicy(result.fields) })], !result.isGood),
    showSection(say('fieldsTitle'), [showRows([...result.fields])], false),
    ...(result.status > 0 ? [showAnswer(result, say)] : []),
  );
}

function showOutcome({ isGood, title, message, objectUrl, isImage }: Result, linkText: string): HTMLElement {
  const outcome = make('div', {
    className: `outcome ${isGood ? 'good' : 'bad'}`,
    children: [make('strong', { text: title }), message],
  });
  if (objectUrl) {
    const link = make('a', {
      text: linkText,
      attributes: { href: objectUrl, target: '_blank', rel: 'noopener' },
    });
    outcome.append(make('p', { children: [link] }));
    // As an image a file cannot run anything, whatever it claims to be.
    if (isImage)
      outcome.append(make('img', { className: 'preview', attributes: { src: objectUrl, alt: '' } }));
  }
  return outcome;
}

function showAnswer({ status, headers, body }: Result, say: Say): HTMLElement {
  const children: Node[] = [
    make('h3', { text: say('headers') }),
    showRows(headers.filter(([, value]) => value)),
  ];
  if (body !== undefined) {
    children.push(
      make('h3', { text: say('body') }),
      make('pre', { text: body === '' ? say('noBody') : body }),
    );
  }
  return showSection(`${say('answerTitle')}: HTTP ${status}`, children, true);
}

function showSection(title: string, children: readonly Node[], isOpen: boolean): HTMLElement {
  const section = make('details', { children: [make('summary', { text: title }), ...children] });
  section.open = isOpen;
  return section;
}

function showRows(rows: readonly (readonly [name: string, value: string | undefined])[]): HTMLElement {
  const lines = rows.map(([name, value]) =>
    make('tr', {
      children: [
        make('th', { attributes: { scope: 'row' }, children: [make('code', { text: name })] }),
        make('td', { children: [make('code', { text: value ?? '' })] }),
      ],
    }),
  );
  return make('div', { className: 'scroll', children: [make('table', { children: lines })] });
}

/** Indented JSON; the text as it is where it is none. */
function readPolicy(fields: ReadonlyMap<string, string>): string {
  const bytes = Uint8Array.from(atob(fields.get('policy') ?? ''), (character) => character.charCodeAt(0));
  const text = new TextDecoder().decode(bytes);
  try {
    return writeCompact(JSON.parse(text));
  } catch {
    return text;
  }
}

/** One condition to a line. */
function writeCompact({ conditions = [], ...rest }: Record<string, unknown>): string {
  const lines = (conditions as unknown[]).map((condition) => `    ${JSON.stringify(condition)}`);
  const others = Object.entries(rest).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  return `{\n${others.join('')}  "conditions": [\n${lines.join(',\n')}\n  ]\n}`;
}
