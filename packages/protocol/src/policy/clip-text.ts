// Text from outside, cut to fit a message.

/** At most this many UTF-16 units of a policy or a form are repeated in one place of an error or an explanation. */
export const echoCharsMax = 1024;

/** `text`, or as much of it as fits with an ellipsis at the end. Never half a character. */
export function clipText(text: string, charsMax: number = echoCharsMax): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
