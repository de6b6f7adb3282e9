"""Settings: defaults, values and checks."""
