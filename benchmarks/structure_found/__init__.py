"""Detection rate and false alarms of the structure that netable finds in a table's rows."""
