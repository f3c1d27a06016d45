// Sizes for people.

/** e.g. `512 B`, `12.4 MB`; a megabyte is 1024 × 1024 bytes, as OSS counts. */
export function writeSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${Number((bytes / 1024 ** step).toFixed(1))} ${units[step]}`;
}
