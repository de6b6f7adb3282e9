"""Delimited text and JSON."""
