// Which Content-Type an object gets (PostObject reference, "Content-Type"): the first of the field `x-oss-content-type`, the type of the
// file part, which browsers set, and the field `Content-Type`.

import { openTrials, type TrialForm } from '../trial-bucket.ts';

const { accepts } = await openTrials();

/** What a form says in each place, and what is stored. */
type Case = readonly [
  oss: string | undefined,
  part: string | undefined,
  field: string | undefined,
  stored: string,
];

const cases: readonly Case[] = [
  ['text/csv', 'text/plain', 'text/html', 'text/csv'],
  ['text/csv', undefined, undefined, 'text/csv'],
  ['text/csv', undefined, 'image/png', 'text/csv'],
  ['text/csv', 'image/gif', undefined, 'text/csv'],
  [undefined, 'image/gif', 'image/png', 'image/gif'],
  [undefined, 'image/gif', undefined, 'image/gif'],
  [undefined, undefined, 'image/png', 'image/png'],
  [undefined, undefined, undefined, 'application/octet-stream'],
  ['', 'image/gif', 'image/png', 'image/gif'],
  ['', undefined, '', 'application/octet-stream'],
  [undefined, 'text/plain; charset="utf-8"', undefined, 'text/plain; charset="utf-8"'],
  ['not a type', undefined, undefined, 'not a type'],
];

for (const [oss, part, field, stored] of cases) {
  const show = (value: string | undefined) => (value === undefined ? 'none' : `"${value}"`);
  const rule = `x-oss-content-type ${show(oss)}, file part ${show(part)}, Content-Type ${show(field)}`;
  accepts(rule, saying(oss, part, field), { stores: { 'content-type': stored } });
}

function saying(oss?: string, part?: string, field?: string): TrialForm {
  const fields = {
    ...(field !== undefined && { 'Content-Type': field }),
    ...(oss !== undefined && { 'x-oss-content-type': oss }),
  };
  return { fields, file: { contentType: part } };
}
