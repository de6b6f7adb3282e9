"""Settings: what may be asked."""
