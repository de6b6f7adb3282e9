"""Memory of a large table and of many small fits."""
