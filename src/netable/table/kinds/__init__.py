"""One module for each kind of column."""
