"""A look at a table before training: what was read, what was decided, what is odd, and how long training will take."""

from netable.first_look.page import write_look_page
from netable.first_look.result import CandidateLook, ColumnLook, Look, SplitLook, TargetLook, TimeLook
from netable.first_look.run import look, look_at

__all__ = [
    "CandidateLook",
    "ColumnLook",
    "Look",
    "SplitLook",
    "TargetLook",
    "TimeLook",
    "look",
    "look_at",
    "write_look_page",
]
