"""What all reading needs: a file with its options and notes, frames in memory, and DuckDB."""
