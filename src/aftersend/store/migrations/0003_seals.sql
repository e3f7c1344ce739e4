-- Seals: counts of campaigns up to a commit, derived from the ledger. All of it can be deleted at any time.
-- `body` says what a seal covers and which pieces it is made of; it is empty where the seal has been dropped.
CREATE TABLE seals (
    workspace_id LowCardinality(String),
    kind LowCardinality(String),
    subject String,
    version UInt64,
    body String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, kind, subject)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- How many events a day has in a cell.
CREATE TABLE sealed_events (
    piece UInt64 CODEC(ZSTD(1)),
    day UInt16 CODEC(Delta, ZSTD(1)),
    cell UInt32 CODEC(Delta, ZSTD(1)),
    events Int64 CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
ORDER BY (piece, day, cell)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Distinct users of a cell between the days a and b: the sum of the rows with after < a <= first and last <= b.
CREATE TABLE sealed_users (
    piece UInt64 CODEC(ZSTD(1)),
    after UInt16 CODEC(Delta, ZSTD(1)),
    first UInt16 CODEC(Delta, ZSTD(1)),
    last UInt16 CODEC(Delta, ZSTD(1)),
    cell UInt32 CODEC(Delta, ZSTD(1)),
    users Int64 CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
ORDER BY (piece, after, first, last, cell)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
