"""Options for reading files."""

from __future__ import annotations

from dataclasses import dataclass, fields

from netable.config.settings import DEFAULTS, SETTINGS, Settings
from netable.config.values import check_marks

MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")
# Words in a column of text ("None" is a kind of garage), but missing values among numbers.
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

    delimiter: str | None = DEFAULTS.delimiter
    decimal: str | None = DEFAULTS.decimal
    encoding: str | None = DEFAULTS.encoding
    quote: str | None = DEFAULTS.quote
    comment: str | None = DEFAULTS.comment
    header: bool | None = DEFAULTS.header
    skip_rows: int = DEFAULTS.skip_rows
    bad_rows: str = DEFAULTS.bad_rows
    na_values: tuple[str, ...] | None = DEFAULTS.na_values

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, SETTINGS[f.name].checked(getattr(self, f.name)))
        check_marks(self.delimiter, self.quote, self.comment)

    @classmethod
    def of(cls, settings: Settings) -> ReadOptions:
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
