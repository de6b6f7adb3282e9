"""Models in use by other programs: exported files, each proven to predict as its model, and a service."""
