"""A fitted model."""
