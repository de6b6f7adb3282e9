"""Columns of five storage types, whatever they came from."""
