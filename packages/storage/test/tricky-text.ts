// Short texts of the characters at which orders and prefixes go wrong, few enough of them that texts meet each other.

import fc from 'fast-check';

const characters = [
  'a',
  'b',
  '/',
  '-',
  '\u0001',
  '\u007f',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
];

export const trickyText = fc
  .array(fc.constantFrom(...characters), { maxLength: 5 })
  .map((parts) => parts.join(''));
