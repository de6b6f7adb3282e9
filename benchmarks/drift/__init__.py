"""Alarms on fresh rows, and planted shifts found, by `netable monitor`."""
