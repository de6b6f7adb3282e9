"""Models as C99 files without dependencies, from raw columns to predictions."""
