"""What follows training in a fit: the score and the evidence, with the seconds that each part usually takes."""

from __future__ import annotations

from netable.errors import TrainingWarning, warn
from netable.system.agenda import Agenda, Part

# The names say what is missing where a part is left out.
SCORE = "the score"
LINEAR = "the linear reference"
STRUCTURE = "the search for groups and times among the rows"
GUARD = "the reference of the guard"
ROWS = "the doctor's look at rows and columns"

# Seconds on two cores of 2025, for any table and for each row, up to a number of rows: a part that looks at more rows
# takes a sample. Measured on tables of 1,000 to 200,000 rows and 10 to 50 columns.
_USUAL = {
    SCORE: (0.15, 4e-6, None),
    LINEAR: (0.2, 4e-6, None),
    STRUCTURE: (0.05, 3e-5, 50_000),
    GUARD: (0.05, 2e-5, 20_000),
    ROWS: (0.2, 4e-6, None),
}
_PREPARING = 2.5e-6


def closing_parts(n_rows: int) -> list[Part]:
    """The parts in their order; only the score is needed."""
    return [
        Part(name, seconds + a_row * min(n_rows, most or n_rows), is_needed=name == SCORE)
        for name, (seconds, a_row, most) in _USUAL.items()
    ]


def preparing_seconds(n_rows: int) -> float:
    """The seconds that preparing so many rows usually takes."""
    return _PREPARING * n_rows


def warn_if_short(agenda: Agenda, limit: float | None) -> None:
    """Warn if no time is left for training."""
    if limit is not None and agenda.reserve().left() <= 0:
        warn(
            f"time_limit={limit:g} is too short for this table: {agenda.spent():.1f} s have passed before training, "
            f"and about {agenda.needed_seconds():.1f} s are needed after it. Networks take as few steps as possible.",
            TrainingWarning,
        )
