"""The code that the lessons run and show."""
