"""What the doctor judges by, gathered from a run: from tables, tensors and settings to plain numbers."""
