// What a condition of an access policy can compare, and how (RAM: "Policy elements", Condition). An operator reads the values that the policy
// names once, when the policy is read, so that a number that is none is a mistake of the policy and not a condition that never holds.

import { parseIsoTime } from '../time.ts';
import { isInRange, parseIpAddress, parseIpRange } from './ip-range.ts';
import { matchesWildcard } from './wildcard.ts';

/** Whether the value that a request has is the one that the policy names. */
export type ValueTest = (value: string) => boolean;

export interface ConditionOperator {
  /** Completes "expected …". */
  readonly expects: string;
  /** The test for one value of the policy; undefined when that value cannot be compared this way. */
  readonly parse: (wanted: string) => ValueTest | undefined;
  /** Holds when none of the values fits, and when the request has no such value at all. */
  readonly negated: boolean;
}

type Comparison = (value: number, wanted: number) => boolean;

const text = (fits: (value: string, wanted: string) => boolean, negated = false): ConditionOperator => ({
  expects: 'a text',
  parse: (wanted) => (value) => fits(value, wanted),
  negated,
});

const ordered =
  (expects: string, read: (text: string) => number | undefined) =>
  (fits: Comparison, negated = false): ConditionOperator => ({
    expects,
    parse(wanted) {
      const limit = read(wanted);
      if (limit === undefined) return undefined;
      return (value) => {
        const found = read(value);
        return found !== undefined && fits(found, limit);
      };
    },
    negated,
  });

const number = ordered('a decimal number', (digits) =>
  /^-?[0-9]{1,15}(\.[0-9]{1,9})?$/.test(digits) ? Number(digits) : undefined,
);
const time = ordered('a time such as 2030-01-01T00:00:00Z', parseIsoTime);

const address = (negated: boolean): ConditionOperator => ({
  expects: 'an IP address or a range such as 10.0.0.0/8',
  parse(wanted) {
    const range = parseIpRange(wanted);
    if (range === undefined) return undefined;
    return (value) => {
      const found = parseIpAddress(value);
      return found !== undefined && isInRange(found, range);
    };
  },
  negated,
});

const boolean: ConditionOperator = {
  expects: 'true or false',
  parse(wanted) {
    const word = wanted.toLowerCase();
    return word === 'true' || word === 'false' ? (value) => value === word : undefined;
  },
  negated: false,
};

const isEqual = (a: string, b: string) => a === b;
const isEqualIgnoringCase = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const isLike = (value: string, pattern: string) => matchesWildcard(pattern, value);
const equals: Comparison = (a, b) => a === b;
const lessThan: Comparison = (a, b) => a < b;
const lessThanEquals: Comparison = (a, b) => a <= b;
const greaterThan: Comparison = (a, b) => a > b;
const greaterThanEquals: Comparison = (a, b) => a >= b;

export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map([
  ['StringEquals', text(isEqual)],
  ['StringNotEquals', text(isEqual, true)],
  ['StringEqualsIgnoreCase', text(isEqualIgnoringCase)],
  ['StringNotEqualsIgnoreCase', text(isEqualIgnoringCase, true)],
  ['StringLike', text(isLike)],
  ['StringNotLike', text(isLike, true)],
  ['NumericEquals', number(equals)],
  ['NumericNotEquals', number(equals, true)],
  ['NumericLessThan', number(lessThan)],
  ['NumericLessThanEquals', number(lessThanEquals)],
  ['NumericGreaterThan', number(greaterThan)],
  ['NumericGreaterThanEquals', number(greaterThanEquals)],
  ['DateEquals', time(equals)],
  ['DateNotEquals', time(equals, true)],
  ['DateLessThan', time(lessThan)],
  ['DateLessThanEquals', time(lessThanEquals)],
  ['DateGreaterThan', time(greaterThan)],
  ['DateGreaterThanEquals', time(greaterThanEquals)],
  ['Bool', boolean],
  ['IpAddress', address(false)],
  ['NotIpAddress', address(true)],
]);
