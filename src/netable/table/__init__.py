"""Rows and columns: read, infer, encode, split."""
