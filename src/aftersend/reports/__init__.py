"""Reports: files of statistics, made in the background out of the answers that the Stats API would give."""
