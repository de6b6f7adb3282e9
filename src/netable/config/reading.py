"""How a table is read, where its owner knows better than what can be found out."""

from __future__ import annotations

from dataclasses import dataclass

from netable.config.choices import BAD_ROWS
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError, check_at_least, check_choice

MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")
# These are words of their own in a column of text ("None" is a kind of garage), but not between numbers.
MISSING_AMONG_NUMBERS = ("None", "none", "-", "--", ".", "missing", "unknown")


@dataclass(frozen=True)
class ReadOptions:
    """What `read` is told rather than finds out.

    Parameters
    ----------
    delimiter : str, optional
        The one character between the fields of a text file.
    decimal : {".", ","}, optional
        The decimal mark of numbers in text.
    encoding : str, optional
        The encoding of a text file, kept strictly.
    quote : str, optional
        The one character around cells that hold a delimiter.
    comment : str, optional
        How lines begin that are left out.
    header : bool, optional
        Whether the first line holds names, in doubt too; without them, columns are numbered.
    skip_rows : int
        How many lines stand above the table.
    bad_rows : {"error", "skip"}
        What happens to rows with too few or too many fields.
    na_values : tuple of str, optional
        The spellings of "missing", in place of the usual ones. Empty cells are missing in any case.
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
        check_choice("bad_rows", self.bad_rows, BAD_ROWS)
        if self.decimal is not None:
            check_choice("decimal", self.decimal, (".", ","))
        for name, example in (("delimiter", ";"), ("quote", "'")):
            mark = getattr(self, name)
            if mark is not None and (
                len(mark) != 1 or mark in "\r\n" or (mark == '"' and name == "delimiter")
            ):
                raise ConfigError(f"{name} must be one character, such as {example!r}; got {mark!r}.")
        if self.quote is not None and self.quote == self.delimiter:
            raise ConfigError(f"delimiter and quote cannot both be {self.quote!r}.")
        if self.comment == "":
            raise ConfigError("comment must be how lines begin that are left out, such as '#'; got ''.")
        if self.header not in (True, False, None):
            raise ConfigError(f"header must be true or false; got {self.header!r}.")
        check_at_least("skip_rows", self.skip_rows, 0, integer=True)

    @property
    def missing(self) -> tuple[str, ...]:
        """The texts that mean "missing" in every column."""
        return ("", *(MISSING if self.na_values is None else self.na_values))

    @property
    def missing_among_numbers(self) -> tuple[str, ...]:
        """The further texts that mean "missing" in a column of numbers, dates or booleans."""
        return MISSING_AMONG_NUMBERS if self.na_values is None else ()
