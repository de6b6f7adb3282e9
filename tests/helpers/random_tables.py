"""Strategies: tables of any types, values, names and sizes, and settings to train on them.

Cells are drawn from a small pool of values by a seeded generator, so that a table of 200 rows takes a moment
to make and shrinks to one of few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from netable.config.choices import ACTIVATIONS, KINDS, LOSSES, OPTIMIZERS, SCHEDULES, TARGET_TRANSFORMS

TARGET = "target"
MOST_ROWS, MOST_COLUMNS = 200, 12
Draw = Callable[[st.SearchStrategy[Any]], Any]

# Texts that mean something else somewhere: numbers, dates, missing values, formulas, markup, options, paths.
ODD_TEXTS = (
    *(
        "",
        " ",
        "\t",
        "NA",
        "nan",
        "None",
        "null",
        "-",
        "?",
        "inf",
        "-inf",
        "1e999",
        "1e-999",
        "0x10",
        "1_000",
    ),
    *("1,234", "1.234,5", "1,5", "007", "+1", "-0", "1.0", "٣", "½", "²", "$5", "5%", "5 kg", "(5)", "1e5"),
    *("true", "FALSE", "Yes", "no", "t", "f", "on", "2020-01-01", "2020-02-30", "01/02/2020", "13/01/2020"),
    *("2020-01-01T00:00:00Z", "2020-01-01 00:00+09:00", "24:00", "0001-01-01", "9999-12-31", "10000-01-01"),
    *(
        "=1+1",
        "<b>",
        "</script>",
        "{}",
        "{0}",
        "%s",
        "\\",
        '"',
        "'",
        "a,b",
        "a;b",
        "a\nb",
        "a\r\nb",
        "#",
        "--x",
    ),
    *(
        "서울",
        "서울",
        "שלום",
        "مرحبا",
        "👩‍👩‍👧",
        "e\u0301",
        "é",
        "\u202eabc",
        "\x00",
        "\x1b[31m",
        "\ufeff",
        "\ud800",
        "\uffff",
    ),
    *("ß", "ẞ", "İ", "ı", "x" * 5000, "a b c d", "\u00a0", "\u200b"),
)
EXTREMES = (
    *(0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1e-45, 1e-30, 1e30, 1e38, 3.5e38, -1e150, 1e154, 1e200, -1e300),
    *(1.7e308, 2.0**53, 2.0**53 + 2, 2.0**63, 2.0**64, 0.1, 1 / 3, 16777217.0, 1e15, 1e16, 1e-300),
)
ZONES = ("UTC", "Asia/Seoul", "America/New_York", "+05:30")


class Drawn:
    """A table as its owner holds it: a frame of pandas, polars or Arrow."""

    def __init__(self, source: Any) -> None:
        self.source = source
        # polars has names of its own for columns without one.
        self.names = tuple(source.column_names if isinstance(source, pa.Table) else source.columns)

    def __repr__(self) -> str:
        described = "\n".join(f"  {name!r}: {_described(self.source, name)}" for name in self.names)
        return f"<{type(self.source).__name__} of {self.n_rows} rows\n{described}>"

    @property
    def n_rows(self) -> int:
        return len(self.source)

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a pandas frame."""
        if isinstance(self.source, pd.DataFrame):
            return self.source
        arrow = pa.table(self.source)
        return pd.DataFrame(
            {name: pd.Series(arrow.column(name).to_pylist(), dtype=object) for name in self.names}
        )


def _described(source: Any, name: str) -> str:
    values = source[name]
    kind = getattr(values, "dtype", None) or values.type
    try:
        return f"{kind} {list(values[:12])!r:.300}"
    except Exception as error:  # what cannot be shown is no reason to hide the rest
        return f"{kind} ({error})"


def one_in(n: int) -> st.SearchStrategy[bool]:
    """True in one of `n` cases."""
    return st.sampled_from([False] * (n - 1) + [True])


def texts() -> st.SearchStrategy[str]:
    """Any text, mostly without halves of characters, and often one that looks like something else."""
    whole = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    return st.one_of(
        st.sampled_from(ODD_TEXTS), whole, st.sampled_from(["a", "b", "c d", "yes", "no", "10", "9"])
    )


def numbers(*, finite: bool = True) -> st.SearchStrategy[float]:
    """Numbers of any size, often at an edge."""
    rest = () if finite else (st.sampled_from([np.inf, -np.inf]),)
    return st.one_of(
        st.floats(-100, 100), st.sampled_from(EXTREMES), st.floats(allow_infinity=not finite), *rest
    )


OBJECTS: Sequence[Any] = (
    *(None, np.nan, pd.NA, pd.NaT, 1, 2**70, -(2**70), True, 0.5, "a", "1", b"bytes", Decimal("1.5"), 1j),
    *(dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.datetime(2020, 1, 1), dt.time(1, 2), dt.timedelta(3)),
    *(
        pd.Timestamp("2020-01-01", tz="Asia/Seoul"),
        [1, 2],
        {"a": 1},
        (1,),
        {1},
        np.float32(1),
        np.int8(3),
        object,
    ),
    *(Decimal("NaN"), Decimal("Infinity"), float("inf"), np.datetime64("2020-01-01"), np.str_("b"), ""),
)


def _pick(draw: Draw, values: st.SearchStrategy[Any], n: int, most: int = 6) -> list[Any]:
    """`n` cells of a pool."""
    pool = draw(st.lists(values, min_size=1, max_size=most))
    places = _generator(draw).integers(0, len(pool), n)
    return [pool[place] for place in places]


def _generator(draw: Draw) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**16)))


def _gaps(draw: Draw, values: list[Any], missing: Any = None) -> list[Any]:
    share = draw(st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.1, 0.9]))
    hidden = _generator(draw).random(len(values)) < share
    return [missing if is_hidden else value for value, is_hidden in zip(values, hidden, strict=True)]


def _measured(draw: Draw, n: int) -> pd.Series:
    scale, offset = (
        draw(st.sampled_from([1.0, 1e-9, 1e9, 1e-300, 1e300])),
        draw(st.sampled_from([0, 0, 1e6, -1e12])),
    )
    values = _generator(draw).normal(size=n) * scale + offset
    kind = draw(st.sampled_from(["float64", "float64", "float32", "Float64", "float64[pyarrow]"]))
    with np.errstate(over="ignore", under="ignore"):
        values = np.clip(values, -1e38, 1e38) if kind == "float32" else values
        return pd.Series(_gaps(draw, list(values), np.nan), dtype="float64").astype(kind)


def _any_numbers(draw: Draw, n: int) -> pd.Series:
    return pd.Series(_pick(draw, numbers(finite=not draw(one_in(10))), n), dtype="float64")


def _short_numbers(draw: Draw, n: int) -> pd.Series:
    return pd.Series(np.array(_pick(draw, st.floats(-6e4, 6e4, width=16), n), dtype="float16"))


def _integers(draw: Draw, n: int) -> pd.Series:
    kind = draw(
        st.sampled_from(["int8", "int16", "int64", "uint64", "uint8", "Int64", "UInt64", "int64[pyarrow]"])
    )
    bounds = np.iinfo(kind.removesuffix("[pyarrow]").lower())
    near = st.integers(max(bounds.min, -5), 5)
    values = _pick(draw, st.one_of(near, near, st.integers(bounds.min, bounds.max)), n, 20)
    if kind[0] in "IU" or "pyarrow" in kind:
        return pd.Series(_gaps(draw, values, pd.NA), dtype=kind)
    return pd.Series(np.array(values, dtype=kind))


def _counts(draw: Draw, n: int) -> pd.Series:
    return pd.Series(
        _generator(draw).integers(0, draw(st.sampled_from([1, 2, 3, 30, 10**6])), n, endpoint=True)
    )


def _booleans(draw: Draw, n: int) -> pd.Series:
    values = list(_generator(draw).random(n) < draw(st.sampled_from([0.0, 0.1, 0.5])))
    kind = draw(st.sampled_from(["bool", "boolean", "object", "bool[pyarrow]"]))
    return pd.Series(values if kind == "bool" else _gaps(draw, values), dtype=kind)


def _texts(draw: Draw, n: int) -> pd.Series:
    series = pd.Series(_gaps(draw, _pick(draw, texts(), n, 12)), dtype="object")
    if draw(st.integers(0, 2)):
        return series
    levels = pd.Index(list(dict.fromkeys(series.dropna())), dtype="object")  # of text, one with halves fails
    return pd.Series(pd.Categorical(series, levels))


def _levels(draw: Draw, n: int) -> pd.Series:
    values = _gaps(draw, _pick(draw, st.sampled_from(["a", "b", "c", "서울", "d e"]), n))
    return pd.Series(values, dtype=draw(st.sampled_from(["object", "str", "category", "string[pyarrow]"])))


def _categories(draw: Draw, n: int) -> pd.Series:
    pool = draw(
        st.one_of(st.lists(st.integers(-3, 30), min_size=1, max_size=5, unique=True), st.just([0.5, 1.5]))
    )
    codes = _generator(draw).integers(-1, len(pool), n)
    return pd.Series(pd.Categorical.from_codes(codes, pool, ordered=draw(st.booleans())))


def _names(draw: Draw, n: int) -> pd.Series:
    form = draw(
        st.sampled_from(["n{}", "{}", "{:05}", "id {} of many words in here", "{}%", "2020-01-01 {}"])
    )
    return pd.Series([form.format(i) for i in _generator(draw).permutation(n)], dtype="object")


def _dates(draw: Draw, n: int) -> pd.Series:
    unit = draw(st.sampled_from(["s", "ms", "us", "ns"]))
    low, high = (
        (dt.datetime(1678, 1, 1), dt.datetime(2262, 1, 1))
        if unit == "ns"
        else (dt.datetime.min, dt.datetime.max)
    )
    values = _gaps(draw, _pick(draw, st.datetimes(low, high), n, 12))
    dates = pd.Series(np.array(values, dtype=f"datetime64[{unit}]"))
    usual = st.sampled_from([None, None, *ZONES])
    zone = draw(usual) if unit == "ns" else None
    return dates.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT") if zone else dates


def _days(draw: Draw, n: int) -> pd.Series:
    return pd.Series(_gaps(draw, _pick(draw, st.dates(), n, 12)), dtype="object")


def _written_dates(draw: Draw, n: int) -> pd.Series:
    form = draw(
        st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S+09:00"])
    )
    days = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31))
    return pd.Series(_gaps(draw, [day.strftime(form) for day in _pick(draw, days, n, 12)]), dtype="object")


def _decimals(draw: Draw, n: int) -> pd.Series:
    values = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=3)
    return pd.Series(_gaps(draw, _pick(draw, values, n)), dtype="object")


def _missing(draw: Draw, n: int) -> pd.Series:
    nothing, kind = draw(
        st.sampled_from([(None, "object"), (np.nan, "float64"), (pd.NA, "Int64"), (pd.NaT, "object")])
    )
    return pd.Series([nothing] * n, dtype=kind)


def _constant(draw: Draw, n: int) -> pd.Series:
    return pd.Series([draw(st.one_of(texts(), numbers(), st.booleans(), st.integers()))] * n, dtype="object")


def _objects(draw: Draw, n: int) -> pd.Series:
    values = _pick(draw, st.sampled_from(range(len(OBJECTS))), n)
    return pd.Series([OBJECTS[value] for value in values], dtype="object")


def _others(draw: Draw, n: int) -> pd.Series:
    """Of types that no table of ours holds."""
    kind = draw(st.sampled_from(["timedelta64[ns]", "complex128", "period[M]", "bytes"]))
    whole = _generator(draw).integers(0, 100, n)
    if kind == "bytes":
        return pd.Series([bytes([number]) for number in whole], dtype="object")
    if kind == "period[M]":
        return pd.Series(pd.PeriodIndex.from_ordinals(whole, freq="M"))
    return pd.Series(whole).astype(kind)


COLUMNS = (
    *(_measured, _measured, _counts, _counts, _levels, _levels, _booleans, _integers, _texts, _dates, _days),
    *(_any_numbers, _short_numbers, _categories, _names, _written_dates, _decimals, _missing, _constant),
)
WILD_COLUMNS = (*COLUMNS, _objects, _others)
TARGETS = (
    _measured,
    _counts,
    _counts,
    _levels,
    _levels,
    _booleans,
    _integers,
    _any_numbers,
    _categories,
    _texts,
)


@st.composite
def tables(draw: Draw, *, least_rows: int = 0, wild: bool | None = None, target: bool = True) -> Drawn:
    """A table with a column that is to be predicted, in any library's frame."""
    few, many = st.integers(least_rows, least_rows + 12), st.integers(least_rows, MOST_ROWS)
    n = draw(st.one_of(many, few, many, st.just(MOST_ROWS)))
    wild = draw(one_in(6)) if wild is None else wild
    kinds = st.sampled_from(WILD_COLUMNS if wild else COLUMNS)
    columns = {}
    for i in range(draw(st.integers(0 if wild else 1, MOST_COLUMNS if wild else 5))):
        name = draw(st.one_of(st.just(f"c{i}"), st.just(f"c{i}"), texts() if wild else st.just(f"열 {i}")))
        columns[name] = draw(kinds)(draw, n)
    if target:
        targets = st.sampled_from(WILD_COLUMNS if wild else TARGETS)
        columns[TARGET] = draw(targets)(draw, n)
        if not wild and not draw(one_in(10)):
            columns[TARGET] = columns[TARGET].ffill().bfill()
    if draw(st.booleans()):
        columns = dict(sorted(columns.items(), key=lambda item: item[0][::-1]))
    frame = pd.DataFrame(dict(enumerate(columns.values())), index=range(n))
    frame.columns = pd.Index(list(columns), dtype="object")
    return Drawn(held_by(draw(st.sampled_from(["pandas", "polars", "arrow"])), frame))


def held_by(library: str, frame: pd.DataFrame) -> Any:
    """The frame in another library, if that can hold it."""
    if library == "pandas":
        return frame
    try:
        arrow = pa.Table.from_pandas(frame, preserve_index=False)
        return arrow if library == "arrow" else pl.from_arrow(arrow)
    except Exception:  # each library has its own errors for what it cannot hold
        return frame


@st.composite
def configs(draw: Draw, names: Sequence[str] = (), *, task: str | None = None) -> dict[str, Any]:
    """Settings of a run that is over in a moment."""
    names = [name for name in names if name != TARGET]
    embedding = draw(st.sampled_from(["none", "none", "bins", "periodic", "auto"]))
    chosen: dict[str, Any] = {
        "target": TARGET,
        "max_epochs": 2,
        "folds": draw(st.sampled_from([2, 2, 2, 1, 3])),
        "embedding": embedding,
        "hidden_layer_sizes": draw(st.sampled_from([(4,), (3, 3), ()])),
        "model": "auto" if embedding != "none" else draw(st.sampled_from(["auto", "mlp", "linear"])),
        "task": task or draw(st.sampled_from(["auto"] * 9 + ["regression", "binary", "multiclass"])),
        "seed": draw(st.integers(0, 3)),
    }
    some = one_in(12)
    for name, values in {
        "loss": LOSSES,
        "target_transform": TARGET_TRANSFORMS,
        "activation": ACTIVATIONS,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "batch_size": (1, 7, 1000),
        "early_stopping": (False,),
        "class_weight": ("balanced",),
        "clip_norm": (1.0,),
        "dropout": (0.5,),
        "lr": (1e-8, 0.1, 10.0),
    }.items():
        if draw(some):
            chosen[name] = draw(st.sampled_from(values))
    if names:
        for name in ("weight_column", "group_column", "time_column"):
            if draw(some):
                chosen[name] = draw(st.sampled_from(names))
        if draw(some):
            chosen["kinds"] = {draw(st.sampled_from(names)): draw(st.sampled_from(KINDS))}
        if draw(some):
            chosen["ignore_columns"] = (draw(st.sampled_from(names)),)
    return chosen
