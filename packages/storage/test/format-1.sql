-- The tables of the index as format 1 had them, and what marks a database as one. Never to be changed.

CREATE TABLE counter (next_sequence INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (1);

CREATE TABLE bucket (
  bucket_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  acl TEXT NOT NULL,
  storage_class TEXT NOT NULL,
  versioning TEXT NOT NULL,
  documents TEXT NOT NULL
) STRICT;

CREATE TABLE version (
  bucket_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  version_id TEXT NOT NULL,
  is_latest INTEGER NOT NULL,
  is_delete_marker INTEGER NOT NULL,
  modified_at_ms INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  crc64 TEXT NOT NULL,
  acl TEXT NOT NULL,
  storage_class TEXT NOT NULL,
  headers TEXT NOT NULL,
  put_id TEXT NOT NULL,
  blob_id TEXT,
  PRIMARY KEY (bucket_id, key, sequence DESC)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed ON version (bucket_id, key) WHERE is_latest = 1 AND is_delete_marker = 0;
CREATE UNIQUE INDEX named_version ON version (version_id) WHERE version_id <> 'null';
CREATE UNIQUE INDEX older_null_version ON version (bucket_id, key) WHERE version_id = 'null' AND is_latest = 0;
CREATE UNIQUE INDEX version_blob ON version (blob_id) WHERE blob_id IS NOT NULL;

CREATE TABLE inline_body (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

CREATE TABLE garbage (blob_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX garbage_by_age ON garbage (since_ms);

CREATE TABLE gone_put (
  put_id TEXT PRIMARY KEY,
  version_id TEXT NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_put_by_age ON gone_put (since_ms);

PRAGMA application_id = 0x5053544e;
PRAGMA user_version = 1;
