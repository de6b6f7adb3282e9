"""Out-of-fold metrics, intervals and probabilities compared with fresh rows."""
