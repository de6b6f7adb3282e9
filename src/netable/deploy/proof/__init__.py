"""Proof that an exported file predicts as its model."""
