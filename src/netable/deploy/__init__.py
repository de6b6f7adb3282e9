"""Models in use outside this package's Python: as a service."""
