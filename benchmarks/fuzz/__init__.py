"""Fuzzers for model files and configuration files."""
