-- A part that another one took the place of stays for ten seconds: so long can it be brought back where the other one did
-- not get to the disk. After that it goes within another one: what has been erased must be gone. The engine's own values are 0
-- seconds, and a look every 30 to 300.
ALTER TABLE message_events MODIFY SETTING old_parts_lifetime = 10, cleanup_delay_period = 1, max_cleanup_delay_period = 1;
ALTER TABLE user_events MODIFY SETTING old_parts_lifetime = 10, cleanup_delay_period = 1, max_cleanup_delay_period = 1;
ALTER TABLE conflicts MODIFY SETTING old_parts_lifetime = 10, cleanup_delay_period = 1, max_cleanup_delay_period = 1;
ALTER TABLE removals MODIFY SETTING old_parts_lifetime = 10, cleanup_delay_period = 1, max_cleanup_delay_period = 1;
ALTER TABLE spent MODIFY SETTING old_parts_lifetime = 10;
ALTER TABLE seals MODIFY SETTING old_parts_lifetime = 10;
ALTER TABLE sealed_events MODIFY SETTING old_parts_lifetime = 10;
ALTER TABLE sealed_users MODIFY SETTING old_parts_lifetime = 10;
