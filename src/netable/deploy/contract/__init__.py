"""What an exported file takes, and the proof that it predicts as its model."""
