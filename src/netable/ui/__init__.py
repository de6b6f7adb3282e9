"""A local page: a table is looked at, trained on, and asked, in a browser."""
