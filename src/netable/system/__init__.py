"""Files, locks, text and JSON: what every room needs."""
