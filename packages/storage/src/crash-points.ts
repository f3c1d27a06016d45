// The places between the steps of a write where a crash would leave something different behind. In production they do nothing. A test
// that starts this program with `TEST_CRASH_AT=<point>:<n>` kills the whole process when it comes to that point for the n-th time, then
// opens the data again and looks whether every promise was kept.

/** Each with what is so at that moment. */
export const CRASH_POINTS = {
  // A body on its way into a file of its own.
  'blob-made': 'the file has a name, in the folder perhaps not durably, and nothing in it',
  'blob-half-written': 'a part of it is written, nothing of it flushed',
  'blob-flushed': 'all its bytes are on disk, its name perhaps not',
  'blob-named': 'its name is on disk too',

  // Bodies of middling size on their way into a segment.
  'segment-made': 'the segment has a name, in the folder perhaps not durably',
  'segment-flushed': 'the bodies that had collected are on disk, nobody has been told',

  // A put, from the last byte of its body on.
  'body-received': 'the whole body is here, durable or not',
  'body-durable': 'what the commit will refer to is on disk',
  'commit-sent': 'a batch of changes is on its way to the thread that writes the index',
  'batch-made': 'the changes are made in the index, in a transaction that is not committed',
  'batch-committed': 'the transaction is on disk, nobody has been told',
  'put-committed': 'the store knows that the put went through, its caller does not',
  'put-discarded': 'a put that was refused or broke off has taken its blob back, its caller does not know',
  'part-durable': 'a part of an upload is on disk, or small enough for the commit to bring it there',
  'part-committed': 'the store knows that a part was added to its upload, its caller does not',
  'upload-completed':
    'the store knows that the parts of an upload have become an object, its caller does not',
  'append-durable': 'what is appended is on disk, or small enough for the commit to bring it there',
  'append-committed': 'the store knows that the append went through, its caller does not',
  'removal-committed': 'the store knows that the removal went through, its caller does not',

  // The answer to a form.
  'callback-sent': "the application's server has been told of the object, and has not answered",
  'callback-answered': "the application's server has answered, the uploader has not heard it",
  answered: 'the answer is on its way to the client',

  // The garbage collector.
  'stray-removed': 'a blob that a crash had left before its commit is gone',
  'garbage-removed': 'a superseded blob is gone, its entry in the queue is not',
  'garbage-forgotten': 'the entries of a batch are gone too',
  'blob-marked': 'a blob of a segment is marked as removed, in the cache of the system',
  'segment-removed': 'a segment in which everything was removed is gone',
  'blob-copied':
    'a blob that keeps a segment from being removed is on disk twice, the index refers to the old one',
  'blob-moved': 'the index refers to the new one, the old one is in the garbage queue',
} as const;

export type CrashPoint = keyof typeof CRASH_POINTS;

/** Marks a place by its name. Never returns from the one that the process was told to die at. */
export const crashPoint: (point: CrashPoint) => void = chooseCrash(process.env.TEST_CRASH_AT);

function chooseCrash(armed: string | undefined): (point: CrashPoint) => void {
  if (armed === undefined) return () => {};
  const [, name = '', count = ''] = /^([a-z-]+):(\d+)$/.exec(armed) ?? [];
  // A test that waits for a crash that cannot happen would say nothing.
  if (!Object.hasOwn(CRASH_POINTS, name)) throw new Error(`TEST_CRASH_AT=${armed} names no crash point.`);
  let left = Number(count);
  return (point) => {
    if (point !== name || --left > 0) return;
    // No handler runs and nothing is flushed: as far as the process goes, its power is cut.
    process.kill(process.pid, 'SIGKILL');
  };
}
