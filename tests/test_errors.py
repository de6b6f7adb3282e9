from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Sequence
from time import sleep
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.errors import (
    ConfigError,
    DataError,
    DataTypeError,
    DataWarning,
    FileError,
    ModelFileError,
    SchemaError,
    TrainingError,
    TrainingWarning,
    UserError,
    check_at_least,
    check_choice,
    collect_warnings,
    did_you_mean,
    locked_filters,
    silence,
    warn,
)
from netable.table.reading.read import read


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (DataError, ValueError),
        (DataTypeError, TypeError),
        (SchemaError, ValueError),
        (ConfigError, ValueError),
        (FileError, OSError),
        (ModelFileError, ValueError),
        (TrainingError, RuntimeError),
    ],
)
def test_user_error__each_kind__is_also_the_builtin_that_others_expect(
    kind: type[Exception], builtin: type[Exception]
) -> None:
    error = kind("what is wrong")

    assert isinstance(error, UserError)
    assert isinstance(error, builtin)
    assert str(error) == "what is wrong"


def test_did_you_mean__near_name__is_named() -> None:
    assert did_you_mean("activtion", ["activation", "lr"]) == "Did you mean 'activation'?"


def test_did_you_mean__no_near_name__lists_what_there_is() -> None:
    assert did_you_mean("zebra", ["activation", "lr"]) == "There are: 'activation', 'lr'."


def test_did_you_mean__many_names__shows_the_first_dozen() -> None:
    hint = did_you_mean("zzz", [f"column {i}" for i in range(13)])

    assert hint.endswith("'column 11', ….")
    assert "column 12" not in hint


def test_did_you_mean__names_that_are_no_text__are_shown_as_text() -> None:
    assert did_you_mean("zz", [2020, 2021]) == "There are: '2020', '2021'."


def test_check_choice__unknown_value__names_the_nearest() -> None:
    check_choice("model", "mlp", ("mlp", "linear"))
    with pytest.raises(ConfigError, match=r"^model cannot be 'mpl'\. Did you mean 'mlp'\?$"):
        check_choice("model", "mpl", ("mlp", "linear"))


@pytest.mark.parametrize("value", [1, 2.5, np.int64(3), np.float32(1.5), math.inf])
def test_check_at_least__a_number__passes(value: Any) -> None:
    check_at_least("x", value, 1)


@pytest.mark.parametrize("value", [0, -1, math.nan, "5", None, True, [5], 1 + 1j])
def test_check_at_least__anything_else__is_refused(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        check_at_least("x", value, 1)
    assert str(caught.value) == f"x must be a number of at least 1; got {value!r}."


@pytest.mark.parametrize("value", [1.0, 1.5, "1", np.float64(2)])
def test_check_at_least__no_integer_where_one_is_needed__is_refused(value: Any) -> None:
    check_at_least("x", np.int32(2), 1, integer=True)
    with pytest.raises(ConfigError) as caught:
        check_at_least("x", value, 1, integer=True)
    assert str(caught.value) == f"x must be an integer of at least 1; got {value!r}."


def test_warn__deep_in_the_package__points_to_the_line_that_called_it() -> None:
    table = pa.table({"x": ["$5", "$7"]})

    with pytest.warns(DataWarning) as caught:
        read(table)

    assert {warning.filename for warning in caught} == {__file__}


def in_threads(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def test_silence__this_thread_alone__is_not_heard() -> None:
    def speak() -> None:
        with silence():
            warn("here")
            in_threads([lambda: warn("there")])

    with pytest.warns(DataWarning) as caught:
        speak()

    assert [str(w.message) for w in caught] == ["there"]


def test_silence__warnings_of_other_kinds_and_later_ones__are_heard() -> None:
    def speak() -> None:
        with silence(DataWarning):
            warn("not this", DataWarning)
            warn("this", TrainingWarning)
        warn("and this", DataWarning)

    with pytest.warns() as caught:
        speak()

    assert [str(w.message) for w in caught] == ["this", "and this"]


def test_locked_filters__many_threads_at_once__leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)

    def change_and_wait() -> None:
        for _ in range(20):
            with locked_filters(RuntimeWarning):
                warnings.warn("is not heard", RuntimeWarning, stacklevel=1)
                sleep(0.0005)

    in_threads([change_and_wait] * 4)

    assert warnings.filters == before


def test_collect_warnings__block__keeps_each_text_once_and_warns_of_none() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with collect_warnings() as texts:
            for text in ("a", "b", "a"):
                warn(text)
        warn("c")

    assert texts == ["a", "b"]
    assert [str(warning.message) for warning in heard] == ["c"]
