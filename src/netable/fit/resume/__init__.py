"""Checkpoints of a fit, and the identity of what was asked."""
