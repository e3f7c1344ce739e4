-- What happened to messages: one row for each event, in the order in which questions read them.
-- `day` is the day in the workspace's zone. `detail` is the reason, the control group or the bounce type.
-- `seniority` is greater the earlier a row came in, so that replacing keeps the first of two equal rows.
CREATE TABLE message_events (
    workspace_id LowCardinality(String),
    campaign_id LowCardinality(String),
    day Date,
    kind LowCardinality(String),
    platform LowCardinality(String),
    locale LowCardinality(String),
    variation LowCardinality(String),
    detail LowCardinality(String),
    machine Bool,
    user_id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    send_id String CODEC(ZSTD(1)),
    device_id String CODEC(ZSTD(1)),
    link String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    seniority UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(seniority)
PRIMARY KEY (workspace_id, campaign_id, day, kind, platform, locale, variation)
ORDER BY (workspace_id, campaign_id, day, kind, platform, locale, variation, user_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What users did, message or not: purchases, sign-ups, anything a goal can name.
CREATE TABLE user_events (
    workspace_id LowCardinality(String),
    name LowCardinality(String),
    day Date,
    user_id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    platform LowCardinality(String),
    attributes String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    seniority UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(seniority)
PRIMARY KEY (workspace_id, name, day)
ORDER BY (workspace_id, name, day, user_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
