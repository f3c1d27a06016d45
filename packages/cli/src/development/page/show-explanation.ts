// Why storage refused a form, as its header `x-postern-explain` says it: the sentence, what is wrong with the signature or the policy, and
// each condition with what it wanted and what it got.

import type { ConditionExplanation, PostExplanation } from '@postern/protocol';
import { make } from './make-element.ts';
import { type Language, type TextName, writeText } from './texts.ts';

/** @param json what the header said; shown as it is when it is no explanation */
export function showExplanation(language: Language, json: string): HTMLElement {
  const explanation = parseExplanation(json);
  if (explanation === undefined) return make('p', { text: json });
  const hints = [explanation.signature.slip, explanation.policy.slip].filter((slip) => slip !== undefined);
  const children: Node[] = [
    make('p', { children: [make('strong', { text: explanation.summary[language] })] }),
    ...hints
      .filter((hint) => hint[language] !== explanation.summary[language])
      .map((hint) => make('p', { text: hint[language] })),
    ...explanation.nearMisses.map(({ received, meant }) =>
      make('p', { text: writeText(language, 'nearMiss', { received, meant }) }),
    ),
  ];
  if (explanation.conditions.length > 0) {
    children.push(
      make('h3', { text: writeText(language, 'conditionsTitle') }),
      make('div', { className: 'scroll', children: [showConditions(language, explanation.conditions)] }),
    );
  }
  return make('section', { className: 'explanation', children });
}

function parseExplanation(json: string): PostExplanation | undefined {
  try {
    const value = JSON.parse(json);
    return typeof value?.summary === 'object' ? value : undefined;
  } catch {
    // The sdk gives a sentence of its own where storage gave none.
    return undefined;
  }
}

/** How each verdict is shown. */
const verdicts: Record<ConditionExplanation['verdict'], { text: TextName; className: string }> = {
  holds: { text: 'met', className: 'met' },
  fails: { text: 'broken', className: 'broken' },
  missing: { text: 'missing', className: 'broken' },
  'not-checked': { text: 'notChecked', className: 'quiet' },
};

function showConditions(language: Language, conditions: readonly ConditionExplanation[]): HTMLElement {
  const heads = (['condition', 'wanted', 'got', 'verdict'] as const).map((name) =>
    make('th', { text: writeText(language, name), attributes: { scope: 'col' } }),
  );
  const rows = conditions.map(({ field, operator, wanted, got, verdict }) => {
    const { text, className } = verdicts[verdict];
    return make('tr', {
      className,
      children: [
        make('td', { children: [make('code', { text: `${operator} ${field}` })] }),
        make('td', { children: [make('code', { text: wanted })] }),
        make('td', { children: [make('code', { text: got ?? '–' })] }),
        make('td', { className, text: writeText(language, text) }),
      ],
    });
  });
  return make('table', {
    children: [
      make('thead', { children: [make('tr', { children: heads })] }),
      make('tbody', { children: rows }),
    ],
  });
}
