"""Formats of files that are not text, packed files, and how a format is recognized."""
