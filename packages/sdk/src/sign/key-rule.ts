// The object name of a form: fixed, or with `${filename}` in it, which storage replaces by the name of the chosen file.

import { OssError, parseObjectName } from '@postern/protocol';

export const fileNamePlaceholder = '${filename}';

/** The text before the first `${filename}`, and whether that is all. */
export function splitKey(key: string): { fixed: string; isWhole: boolean } {
  const at = key.indexOf(fileNamePlaceholder);
  return at < 0 ? { fixed: key, isWhole: true } : { fixed: key.slice(0, at), isWhole: false };
}

/** @throws TypeError unless some file name makes an object name of it */
export function checkKey(key: string): string {
  checkObjectName('key', key, String(key).replaceAll(fileNamePlaceholder, 'f'));
  return key;
}

/** @throws TypeError unless some object name begins so */
export function checkKeyPrefix(prefix: string): string {
  checkObjectName('keyPrefix', prefix, `${prefix}f`);
  return prefix;
}

function checkObjectName(option: string, value: string, example: string): void {
  try {
    if (typeof value !== 'string')
      throw new TypeError(`${option} must be text, not ${JSON.stringify(value)}`);
    parseObjectName(example);
  } catch (cause) {
    if (!(cause instanceof OssError)) throw cause;
    throw new TypeError(
      `${option} ${JSON.stringify(value)} makes no object name: 1 to 1023 bytes of UTF-8 that do not begin with "/" or "\\"`,
      { cause },
    );
  }
}
