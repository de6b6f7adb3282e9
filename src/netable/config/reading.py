"""Options for reading files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from netable.config.settings import DEFAULTS, SETTINGS, Settings, parameters_doc
from netable.config.values import check_marks

MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")
# In a column of text these are words: "None" may be a kind of garage.
MISSING_AMONG_NUMBERS = ("None", "none", "-", "--", ".", "missing", "unknown")


@dataclass(frozen=True)
class ReadOptions:
    """The settings for reading files; an unusable value raises `ConfigError`.

    None detects the value. Bytes that do not fit the encoding are an error, and empty cells are always missing.
    """

    delimiter: str | None = DEFAULTS.delimiter
    decimal: str | None = DEFAULTS.decimal
    encoding: str | None = DEFAULTS.encoding
    quote: str | None = DEFAULTS.quote
    comment: str | None = DEFAULTS.comment
    header: bool | None = DEFAULTS.header
    skip_rows: int = DEFAULTS.skip_rows
    bad_rows: str = DEFAULTS.bad_rows
    format: str | None = DEFAULTS.format
    sheet: str | None = DEFAULTS.sheet
    table: str | None = DEFAULTS.table
    na_values: tuple[str, ...] | None = DEFAULTS.na_values
    kinds: Mapping[str, str] = field(default_factory=dict)
    ignore_columns: tuple[str, ...] = DEFAULTS.ignore_columns

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, SETTINGS[f.name].checked(getattr(self, f.name)))
        check_marks(self.delimiter, self.quote, self.comment)

    @classmethod
    def of(cls, settings: Settings) -> ReadOptions:
        """The options among the settings of a run."""
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})

    @property
    def missing(self) -> tuple[str, ...]:
        """Texts that are missing values in every column."""
        return ("", *(MISSING if self.na_values is None else self.na_values))

    @property
    def missing_among_numbers(self) -> tuple[str, ...]:
        """Further texts that are missing values in columns of numbers, dates or booleans."""
        return MISSING_AMONG_NUMBERS if self.na_values is None else ()


ReadOptions.__doc__ = f"{ReadOptions.__doc__}\n{parameters_doc(f.name for f in fields(ReadOptions))}"
