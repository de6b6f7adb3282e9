"""Growth of time and memory with the rows of a table, at bounded memory."""
