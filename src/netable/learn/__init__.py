"""Small pages on how networks learn, each computed by netable's own engine in a few lines that are shown."""

from netable.learn.write import FILES, lesson_text, write_lessons

__all__ = ["FILES", "lesson_text", "write_lessons"]
