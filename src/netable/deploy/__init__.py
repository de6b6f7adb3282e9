"""Models for use without netable: exported files, each proven to predict as its model."""
