"""Files, locks, text, JSON, and the limits of the machine."""
