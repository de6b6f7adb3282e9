"""Many rows, and several workers."""
