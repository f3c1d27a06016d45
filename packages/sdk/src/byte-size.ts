// Sizes as people read them, in the units of OSS: 1 MB is 1024 KB, a KB 1024 bytes. At most one decimal.

export function writeSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  while (value >= 1024 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${+value.toFixed(1)} ${units[0]}`;
}

const bytesIn: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/**
 * `10MB`, `1.5G`, `512 KB`, or a bare number of bytes.
 * @throws TypeError
 */
export function parseSize(text: string): number {
  const [matched, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMG]?)(?:i?B)?$/i.exec(text) ?? [];
  if (matched === undefined)
    throw new TypeError(`not a size: "${text}"; write e.g. "500KB", "10MB" or "1GB"`);
  return Math.floor(Number(digits) * (bytesIn[unit.toUpperCase()] as number));
}
