"""Canonical columns of five storage types, whatever file or frame they come from."""
