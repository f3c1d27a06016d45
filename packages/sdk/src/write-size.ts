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
