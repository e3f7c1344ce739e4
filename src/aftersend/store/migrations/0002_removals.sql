-- Who sent an event: the door it came through, and the key that opened it. Rows of before know neither.
-- Files that were replaced are looked for every few seconds, not minutes: what has been erased must be gone.
ALTER TABLE message_events
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS key_id LowCardinality(String);
ALTER TABLE message_events MODIFY SETTING cleanup_delay_period = 5, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 10;
ALTER TABLE user_events
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS key_id LowCardinality(String);
ALTER TABLE user_events MODIFY SETTING cleanup_delay_period = 5, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 10;

-- Identities that are used up although no row has them any more. `event_id` is there where a retraction named it.
CREATE TABLE spent (
    workspace_id LowCardinality(String),
    removal_id LowCardinality(String),
    identity FixedString(16),
    event_id String CODEC(ZSTD(1)),
    seniority UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree
ORDER BY (workspace_id, removal_id, identity)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Who had what removed, when and why; the row of the greatest version counts.
-- `subject` is the user of an erasure until it is done, and the first day that stays of an expiry.
-- Rows that came in before have a greater seniority than `seniority`.
CREATE TABLE removals (
    workspace_id LowCardinality(String),
    id String,
    version UInt8,
    kind LowCardinality(String),
    status LowCardinality(String),
    requested_at DateTime64(3, 'UTC'),
    requested_by String,
    reason String,
    subject String,
    seniority UInt64,
    event_ids UInt64,
    events_removed UInt64,
    finished_at Nullable(DateTime64(3, 'UTC'))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    cleanup_delay_period = 5, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 10;

-- Events that came with the id of another and said something else: who sent them. They count nowhere.
-- One row for each id and place in a campaign's days; `campaign_id` is empty for user events.
CREATE TABLE conflicts (
    workspace_id LowCardinality(String),
    campaign_id LowCardinality(String),
    day Date,
    event_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    source LowCardinality(String),
    key_id LowCardinality(String),
    received_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(received_at)
ORDER BY (workspace_id, campaign_id, day, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
    cleanup_delay_period = 5, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 10;
