// What a write can meet that is neither the caller's fault nor ours: a disk without room, and a disk that fails. The first goes away by
// itself. The second does not: see VolumeFailed.

/** There is no room. Nothing of the write was kept, and the next one may go through. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
}

/**
 * What was written did not reach the disk, or nobody can tell. Nothing may be written any more until the store is opened anew: after a
 * failed fsync the kernel counts the pages as written and may have dropped them, so that a second fsync would succeed over data
 * that is not there. Only reading the disk again, from the start, tells what it holds.
 */
export class VolumeFailed extends Error {
  override readonly name = 'VolumeFailed';

  constructor(what: string, options: { readonly cause: unknown }) {
    super(
      `${what}. Nothing more is written until the store is opened again, reading goes on: check the disk, then restart.`,
      options,
    );
  }
}

/** ENOSPC: no room on the disk; EDQUOT: none left for this user. */
const noRoomCodes: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT'];

/** Whether the system says, by this very error, that there is no room. */
export function saysNoRoom(error: unknown): boolean {
  return noRoomCodes.includes((error as NodeJS.ErrnoException).code);
}

/** Whether a lack of room is behind an error, be it a store's write that failed or another file's. */
export function isOutOfRoom(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof DiskFull || saysNoRoom(at)) return true;
  return false;
}

/** The failure of the volume behind an error. */
export function findVolumeFailure(error: unknown): VolumeFailed | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof VolumeFailed) return at;
  return undefined;
}
