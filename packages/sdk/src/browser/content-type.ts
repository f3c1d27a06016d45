// The media type of a file whose type the browser does not know: what storage keeps is what a later download is shown as.

/** By ending: the common ones that some browser or system leaves empty. */
const TYPES = new Map([
  ['csv', 'text/csv'],
  ['heic', 'image/heic'],
  ['md', 'text/markdown'],
  ['7z', 'application/x-7z-compressed'],
]);

/** An empty string when it is unknown; storage then takes it for `application/octet-stream`. */
export function findContentType(file: Blob, fileName: string): string {
  return file.type || TYPES.get(fileName.replace(/^.*\./s, '').toLowerCase()) || '';
}
