"""What one column is, found from its values or set by its owner."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from netable.config.choices import KINDS
from netable.errors import ConfigError, SchemaError, check_choice
from netable.table.canonical.casts import STORAGES
from netable.table.canonical.convert import convert, storage_of
from netable.table.canonical.forms import check_form
from netable.table.canonical.names import name_list

ALL_MISSING = "every value is missing"
CONSTANT = "every value is the same"
IDENTIFIER = "looks like an identifier"
TEXT = "looks like free text"

USED_KINDS = ("number", "category", "flag", "date")

_PAIRS = {
    frozenset(pair): pair
    for pair in (("no", "yes"), ("n", "y"), ("f", "t"), ("false", "true"), ("off", "on"))
}
# Below this many rows, values that never repeat are no sign of an identifier.
_ROWS_TO_JUDGE = 50
# So few different texts are levels, however many words they have.
_LEVELS_AT_LEAST = 20
_WORDS_OF_TEXT = 3
_DAY = 86_400_000_000  # microseconds

_IDENTIFIER_NAME = re.compile(
    r"(.*[\W_])?(id|uuid|guid|ids)|.*[a-z](Id|ID)"
    r"|((row|record|line|serial|sequence)[\W_]?)?(index|idx|number|num|no|nr|row|id)|unnamed: ?\d+",
)


@dataclass(frozen=True)
class Column:
    """A column of the training table.

    Parameters
    ----------
    name : str
        As in the table.
    kind : str
        One of `netable.config.settings.KINDS`.
    storage : str
        How the table holds it: number, boolean, timestamp, text or category.
    reason : str
        Why the network does not see it; empty if it does.
    levels : tuple of str
        The two texts of a flag, false then true, in lower case; empty if the flag is held as 0 and 1.
    has_time : bool
        Whether a date has a time of day.
    form : str
        How its texts were written, see `netable.table.canonical.forms`; empty if they were plain, or there were none.

    Raises
    ------
    ConfigError
        If a value is none that a column can have.
    """

    name: str
    kind: str
    storage: str
    reason: str = ""
    levels: tuple[str, ...] = ()
    has_time: bool = False
    form: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not isinstance(self.reason, str):
            raise ConfigError(f"The name and the reason of a column must be texts; got {self.name!r}.")
        check_choice(f"The kind of {self.name!r}", self.kind, KINDS)
        check_choice(f"The storage of {self.name!r}", self.storage, tuple(STORAGES))
        check_form(self.form, self.storage)
        if not self.reason and self.kind not in USED_KINDS:
            raise ConfigError(f"The column {self.name!r} is a {self.kind}; it needs a reason to be left out.")
        are_texts = isinstance(self.levels, tuple) and all(isinstance(level, str) for level in self.levels)
        if not are_texts or len(set(self.levels)) not in ((0, 2) if self.kind == "flag" else (0,)):
            raise ConfigError(f"A flag has two texts as levels, or none; {self.name!r} has {self.levels!r}.")
        if not isinstance(self.has_time, bool):
            raise ConfigError(f"has_time of {self.name!r} must be true or false; got {self.has_time!r}.")

    @property
    def used(self) -> bool:
        """Whether the column feeds the network."""
        return not self.reason

    @property
    def selected_as(self) -> str:
        """The storage that `Schema.select` brings the column to."""
        if self.kind == "flag":
            return "text" if self.levels else "number"
        return {"number": "number", "date": "timestamp"}.get(self.kind, "text")


def infer_column(name: str, data: pa.ChunkedArray) -> Column:
    """What a column is, by its values (and, for whole numbers that never repeat, its name)."""
    storage = storage_of(data, name)
    if data.null_count == len(data):
        return Column(name, "constant", storage, ALL_MISSING)
    if storage == "number":
        return _infer_number(name, data)
    if storage in ("text", "category"):
        return _infer_text(name, data, storage)
    low, high = _extremes(data)
    # A single value beside missing cells still says which cells are missing.
    if low == high and not data.null_count:
        return Column(name, "constant", storage, CONSTANT)
    if storage == "boolean":
        return Column(name, "flag", storage)
    return Column(name, "date", storage, has_time=_has_time(data))


def set_column(name: str, data: pa.ChunkedArray, kind: str) -> Column:
    """A column of the kind that its owner has set.

    Raises
    ------
    DataError
        If a value cannot be of that kind.
    SchemaError
        If a flag has not exactly two values.
    """
    storage = storage_of(data, name)
    if kind == "number":
        convert(data, "number", name)
    elif kind == "date":
        return Column(name, kind, storage, has_time=_has_time(convert(data, "timestamp", name)))
    elif kind == "flag":
        return Column(name, kind, storage, levels=_flag_levels(name, data, storage))
    elif kind != "category":
        return Column(name, kind, storage, f"set to {kind}")
    return Column(name, kind, storage)


def _infer_number(name: str, data: pa.ChunkedArray) -> Column:
    low, high = _extremes(data)
    if low == high:
        if data.null_count:
            return Column(name, "number", "number")
        return Column(name, "constant", "number", CONSTANT)
    if _is_zero_one(data):
        return Column(name, "flag", "number")
    if _is_identifier(name, data, high - low + 1):
        return Column(name, "identifier", "number", IDENTIFIER)
    return Column(name, "number", "number")


def _is_identifier(name: str, data: pa.ChunkedArray, span: float) -> bool:
    if data.null_count or len(data) < _ROWS_TO_JUDGE:
        return False
    named_so = _IDENTIFIER_NAME.fullmatch(name) or _IDENTIFIER_NAME.fullmatch(name.lower())
    if span != len(data) and not named_so:
        return False
    return bool(pc.all(pc.equal(pc.floor(data), data)).as_py()) and len(pc.unique(data)) == len(data)


def _infer_text(name: str, data: pa.ChunkedArray, storage: str) -> Column:
    text = convert(data, "text", name)
    levels = pc.unique(text).drop_null()
    present = len(text) - text.null_count
    if len(levels) == 1 and not text.null_count:
        return Column(name, "constant", storage, CONSTANT)
    pair = _PAIRS.get(frozenset(_lower(levels)))
    if pair:
        return Column(name, "flag", storage, levels=pair)
    wordy = pc.mean(pc.count_substring_regex(levels, r"\S+")).as_py() >= _WORDS_OF_TEXT
    if wordy and len(levels) > max(_LEVELS_AT_LEAST, present / 2):
        return Column(name, "text", storage, TEXT)
    if not wordy and present >= _ROWS_TO_JUDGE and len(levels) >= 0.95 * present:
        return Column(name, "identifier", storage, IDENTIFIER)
    return Column(name, "category", storage)


def _flag_levels(name: str, data: pa.ChunkedArray, storage: str) -> tuple[str, ...]:
    if storage == "boolean" or (storage == "number" and _is_zero_one(data)):
        return ()
    found = sorted(_lower(pc.unique(convert(data, "text", name)).drop_null()))
    if len(found) != 2:
        raise SchemaError(
            f"Column {name!r} cannot be a flag: a flag has two values; "
            f"it has {len(found)}{': ' if found else ''}{name_list(found)}."
        )
    return _PAIRS.get(frozenset(found), (found[0], found[1]))


def _lower(levels: pa.Array) -> list[str]:
    lowered: list[str] = pc.unique(pc.utf8_lower(levels)).to_pylist()
    return lowered


def _is_zero_one(data: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.or_(pc.equal(data, 0.0), pc.equal(data, 1.0))).as_py())


def _has_time(data: pa.ChunkedArray) -> bool:
    microseconds = data.cast(pa.int64())
    whole = pc.multiply(pc.divide(microseconds, _DAY), _DAY)
    return bool(pc.any(pc.not_equal(whole, microseconds)).as_py())


def _extremes(data: pa.ChunkedArray) -> tuple[float, float]:
    if pa.types.is_timestamp(data.type):
        data = data.cast(pa.int64())
    found = pc.min_max(data).as_py()
    return found["min"], found["max"]
