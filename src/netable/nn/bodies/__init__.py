"""Networks between the input layer and the output."""
