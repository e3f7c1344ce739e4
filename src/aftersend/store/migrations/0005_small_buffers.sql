-- A part is written a block at a time, and for every column a whole block is in memory meanwhile, of 1 MiB by the engine's own
-- value. Most columns end a block at 64 KiB anyway; so little more for all halves what a merge takes, and costs no disk.
ALTER TABLE message_events MODIFY SETTING max_compress_block_size = 131072;
ALTER TABLE user_events MODIFY SETTING max_compress_block_size = 131072;
