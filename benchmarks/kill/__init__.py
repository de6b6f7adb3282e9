"""Killed and resumed training runs, and the cost of checkpoints."""
