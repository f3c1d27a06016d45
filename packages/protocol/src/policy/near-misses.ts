// Field names that are almost the ones that count: the slips of people who write forms by hand, of other stores' forms, and of typing.

/** A field as received, and the name that was probably meant. */
export interface NearMiss {
  readonly received: string;
  readonly meant: string;
}

/** Names that mean something in a form (PostObject reference, "Form fields"), without `x-oss-meta-*` and `x:*`. */
export const postFieldNames: readonly string[] = [
  'key',
  'policy',
  'OSSAccessKeyId',
  'Signature',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-signature',
  'x-oss-security-token',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Type',
  'Expires',
  'x-oss-content-type',
  'x-oss-object-acl',
  'x-oss-storage-class',
  'x-oss-forbid-overwrite',
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
  'success_action_redirect',
  'success_action_status',
  'callback',
];

/** What other stores, and the answers of signing servers, call a field; letters and digits only. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['awsaccesskeyid', 'OSSAccessKeyId'],
  ['accesskeyid', 'OSSAccessKeyId'],
  ['accessid', 'OSSAccessKeyId'],
  ['xossaccesskeyid', 'OSSAccessKeyId'],
  ['osssignature', 'Signature'],
  ['xamzcredential', 'x-oss-credential'],
  ['xamzdate', 'x-oss-date'],
  ['xamzalgorithm', 'x-oss-signature-version'],
  ['xamzsignature', 'x-oss-signature'],
  ['xamzsecuritytoken', 'x-oss-security-token'],
  ['securitytoken', 'x-oss-security-token'],
  ['ststoken', 'x-oss-security-token'],
  ['redirect', 'success_action_redirect'],
  ['acl', 'x-oss-object-acl'],
]);

const nameCharsMax = 64;

/** For each received name that is not in `wanted`, the one of `wanted` that is absent and that it nearly is. */
export function findNearMisses(received: readonly string[], wanted: Iterable<string>): readonly NearMiss[] {
  const receivedNames = new Set(received.map((name) => name.toLowerCase()));
  const wantedNames = new Map(Array.from(wanted, (name) => [name.toLowerCase(), name]));
  const absent = Array.from(wantedNames.values()).filter((name) => !receivedNames.has(name.toLowerCase()));
  const misses: NearMiss[] = [];
  for (const name of received) {
    if (wantedNames.has(name.toLowerCase()) || name.length > nameCharsMax) continue;
    const meant = absent.find((candidate) => isNear(name, candidate));
    if (meant !== undefined) misses.push({ received: name, meant });
  }
  return misses;
}

function isNear(name: string, candidate: string): boolean {
  const bare = lettersAndDigits(name);
  if (bare === lettersAndDigits(candidate) || otherNames.get(bare) === candidate) return true;
  // In a name as short as `key` a second difference makes another word.
  const differencesMax = candidate.length <= 4 ? 1 : 2;
  return editDistance(name.toLowerCase(), candidate.toLowerCase(), differencesMax) <= differencesMax;
}

function lettersAndDigits(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Insertions, deletions and replacements (Levenshtein); any number over `max` when there are more than that. */
function editDistance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
