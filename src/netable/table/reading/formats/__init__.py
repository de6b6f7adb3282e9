"""Formats of files: what is in a file, and one function for each format that reads it."""
