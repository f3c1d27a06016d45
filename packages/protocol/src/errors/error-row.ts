// What every table of errors is made of, here and in the token service: a status, a text, and the facts of the case put into it.

import { clipText, echoCharsMax } from '../policy/clip-text.ts';

/** One cause of refusal. */
export interface ErrorRow {
  readonly status: number;
  /** May hold `{name}` placeholders, to be filled by {@link fillMessage}. */
  readonly message: string;
  readonly ec?: string;
}

/**
 * What was wrong, in numbers and words. A name that begins with a capital becomes an element of the error document
 * (`ArgumentName`, `MaxSizeAllowed`); one in lower case fills a `{placeholder}` of the row's message.
 */
export type ErrorFacts = Readonly<Record<string, string | number>>;

/** In one pass: a fact is never read as a placeholder. @param factCharsMax of each fact, in UTF-16 units */
export function fillMessage(message: string, facts: ErrorFacts, factCharsMax: number = echoCharsMax): string {
  return message.replace(/\{([a-z][A-Za-z]*)\}/g, (_, name: string) =>
    clipText(String(facts[name] ?? ''), factCharsMax),
  );
}
