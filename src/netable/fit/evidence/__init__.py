"""The evidence that the doctor judges by: plain numbers from the tables, tensors and recipe of a run."""
