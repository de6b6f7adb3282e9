"""Tables beyond memory: a sample is learned about and judged by, and all rows are stored for the steps of training."""
