"""Structure of a table's rows that its owner did not declare: groups and time."""
