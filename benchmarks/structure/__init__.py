"""Figures of the structure of the package."""
