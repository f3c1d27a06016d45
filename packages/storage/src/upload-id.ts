// The ids of multipart uploads: 32 upper-case hex digits, as those of OSS are. They begin with the time of initiation, so that the order
// of the ids is the order of the uploads.

/**
 * The time in 16 digits, then 64 random bits.
 *
 * @param microseconds since the epoch; no two uploads have the same
 * @param random at least 16 hex digits
 */
export function makeUploadId(microseconds: number, random: string): string {
  const time = microseconds.toString(16).padStart(16, '0');
  return `${time}${random.slice(0, 16)}`.toUpperCase();
}
