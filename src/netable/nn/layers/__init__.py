"""Layers of one network, or of a stack of members that are computed together."""
