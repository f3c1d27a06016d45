// Where a downloaded object goes. An object's name is anybody's text: one that would leave the folder it is copied to is refused, never
// bent into shape.

import path from 'node:path';

/**
 * @param relativeKey the key without the prefix that was asked for
 * @returns undefined when the name cannot be a path below `folder`
 */
export function findLocalPath(folder: string, relativeKey: string): string | undefined {
  const parts = relativeKey.replace(/\/$/, '').split('/');
  if (!parts.every(isFileName)) return undefined;
  return path.join(folder, ...parts);
}

function isFileName(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.includes('\0')) return false;
  // On Windows `a\..\b`, `C:` and `file:stream` mean something else.
  return process.platform !== 'win32' || !/[\\:<>"|?*]/.test(part);
}
