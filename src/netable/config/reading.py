"""Options of reading a table: their defaults, checks and meaning, in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from netable.config.checks import is_text
from netable.errors import ConfigError, check_at_least, check_choice

BAD_ROWS = ("error", "skip")
DECIMALS = (".", ",")
TABS = ("\\t", "tab")
# A model reads later files with these options of its training, unless told otherwise.
LEARNED_OPTIONS = ("na_values", "quote", "comment", "header", "skip_rows")
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")
# Words in a column of text ("None" is a kind of garage), but missing values among numbers.
MISSING_AMONG_NUMBERS = ("None", "none", "-", "--", ".", "missing", "unknown")


@dataclass(frozen=True)
class ReadOptions:
    """What is known about a file; everything else is detected.

    Parameters
    ----------
    delimiter : str, optional
        The character between the fields of a text file; "tab" and "\\\\t" mean the tab.
    decimal : {".", ","}, optional
        The decimal mark of numbers in text.
    encoding : str, optional
        The encoding of a text file.
    quote : str, optional
        The character around cells that contain a delimiter.
    comment : str, optional
        Lines that begin with this text are left out.
    header : bool, optional
        Force (or forbid) a header row. Without one, columns are numbered.
    skip_rows : int
        Number of lines above the table.
    bad_rows : {"error", "skip"}
        Treatment of rows with too few or too many fields.
    na_values : tuple of str, optional
        Spellings of a missing value, instead of the usual ones. Empty cells are always missing.

    Raises
    ------
    ConfigError
        If an option has a value that it cannot take.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    quote: str | None = None
    comment: str | None = None
    header: bool | None = None
    skip_rows: int = 0
    bad_rows: str = "error"
    na_values: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("delimiter", "decimal", "encoding", "quote", "comment"):
            value = getattr(self, name)
            if value is not None and not is_text(value):
                raise ConfigError(f"{name} must be text; got {value!r}.")
        for value in self.na_values or ():
            if not is_text(value):
                raise ConfigError(f"Each of na_values must be text; got {value!r}.")
        if self.delimiter in TABS:
            object.__setattr__(self, "delimiter", "\t")
        check_choice("bad_rows", self.bad_rows, BAD_ROWS)
        if self.decimal is not None:
            check_choice("decimal", self.decimal, DECIMALS)
        for name, example in (("delimiter", ";"), ("quote", "'")):
            mark = getattr(self, name)
            if mark is not None and (
                len(mark) != 1 or mark in "\r\n" or (mark == '"' and name == "delimiter")
            ):
                raise ConfigError(f"{name} must be one character, such as {example!r}; got {mark!r}.")
        if self.quote is not None and self.quote == self.delimiter:
            raise ConfigError(f"delimiter and quote cannot both be {self.quote!r}.")
        if self.comment == "":
            raise ConfigError("comment must be the start of the lines to leave out, such as '#'; got ''.")
        if self.header not in (True, False, None):
            raise ConfigError(f"header must be true or false; got {self.header!r}.")
        check_at_least("skip_rows", self.skip_rows, 0, integer=True)

    @classmethod
    def of(cls, settings: Any) -> ReadOptions:
        """The options among the settings of a run.

        Raises
        ------
        ConfigError
            If an option has a value that it cannot take.
        """
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})

    @property
    def missing(self) -> tuple[str, ...]:
        """Texts that are missing values in every column."""
        return ("", *(MISSING if self.na_values is None else self.na_values))

    @property
    def missing_among_numbers(self) -> tuple[str, ...]:
        """Further texts that are missing values in columns of numbers, dates or booleans."""
        return MISSING_AMONG_NUMBERS if self.na_values is None else ()
