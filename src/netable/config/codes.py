"""The codes of every column of codes, in tables and networks: two special ones, then the levels."""

from __future__ import annotations

MISSING, UNSEEN, FIRST_LEVEL = 0, 1, 2
