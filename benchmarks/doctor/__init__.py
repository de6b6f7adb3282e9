"""Detection rate and false alarms of the doctor's verdicts."""
