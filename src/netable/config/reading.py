"""Options for reading files."""

from __future__ import annotations

from dataclasses import dataclass, fields

from netable.config.settings import DEFAULTS, SETTINGS
from netable.errors import ConfigError

MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")
# Words in their own right in a column of text ("None" is a kind of garage), but not among numbers.
MISSING_AMONG_NUMBERS = ("None", "none", "-", "--", ".", "missing", "unknown")


@dataclass(frozen=True)
class ReadOptions:
    """Options for reading files, as in `Settings`; None detects the value.

    Parameters
    ----------
    delimiter : str, optional
        The character between the fields of a text file.
    decimal : {".", ","}, optional
        The decimal mark of numbers in text.
    encoding : str, optional
        The encoding of a text file; bytes that do not fit are an error.
    quote : str, optional
        The character around cells that hold a delimiter.
    comment : str, optional
        Lines that begin with this are left out.
    header : bool, optional
        Force (or forbid) a header row; without one, columns are numbered.
    skip_rows : int
        Lines to skip above the table.
    bad_rows : {"error", "skip"}
        Treatment of rows with too few or too many fields.
    na_values : tuple of str, optional
        Spellings of "missing", in place of the usual ones. Empty cells are missing in any case.

    Raises
    ------
    ConfigError
        If an option cannot take its value.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    quote: str | None = None
    comment: str | None = None
    header: bool | None = None
    skip_rows: int = DEFAULTS.skip_rows
    bad_rows: str = DEFAULTS.bad_rows
    na_values: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, SETTINGS[f.name].checked(getattr(self, f.name)))
        if self.quote is not None and self.quote == self.delimiter:
            raise ConfigError(f"delimiter and quote cannot both be {self.quote!r}.")
        if self.comment == "":
            raise ConfigError(
                "comment must not be empty; it is the beginning of lines to leave out, such as '#'."
            )

    @property
    def missing(self) -> tuple[str, ...]:
        """The texts that mean "missing" in every column."""
        return ("", *(MISSING if self.na_values is None else self.na_values))

    @property
    def missing_among_numbers(self) -> tuple[str, ...]:
        """The further texts that mean "missing" in a column of numbers, dates or booleans."""
        return MISSING_AMONG_NUMBERS if self.na_values is None else ()
