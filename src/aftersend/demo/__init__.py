"""The demo's data: the documented sample, and a month of life on every channel. No I/O, no clock."""
