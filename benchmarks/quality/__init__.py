"""Error and training time beside other libraries."""
