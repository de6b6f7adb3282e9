"""Measurements of quality, speed, trust and robustness, run from the repository with `python -m benchmarks.…`."""
