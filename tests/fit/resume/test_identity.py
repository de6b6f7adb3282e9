from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.fit.resume.identity import changes, identify, milder_changes
from netable.model.model import Model

CONFIG = Settings(target="y")
TABLE = pa.table(
    {
        "x": pa.array([1.0, None, 3.0]),
        "city": ["a", None, "서울"],
        "flag": [True, False, None],
        "day": pa.array([0, 1, None], pa.timestamp("us")),
        "kind": pa.array(["u", "v", None]).dictionary_encode(),
        "y": [0.5, 1.5, 2.5],
    }
)


def changed(table: pa.Table = TABLE, config: Settings = CONFIG, **others: Any) -> list[str]:
    """The message after a fit of TABLE was begun."""
    return changes(json.loads(json.dumps(identify(TABLE, CONFIG))), identify(table, config, **others))


def with_column(name: str, values: Any) -> pa.Table:
    return TABLE.set_column(TABLE.column_names.index(name), name, pa.array(values, TABLE.field(name).type))


def test_changes__same_table_in_other_chunks__are_none() -> None:
    pieces = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1, 0), TABLE.slice(1)]).unify_dictionaries()
    hidden = pa.Array.from_buffers(
        pa.float64(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([1.0, 99.0, 3.0]).tobytes())]
    )

    assert changed() == []
    assert changed(pieces) == []
    assert changed(TABLE.set_column(0, "x", hidden)) == []  # whatever lies where a value is missing


@pytest.mark.bad_input(98)
@pytest.mark.parametrize(
    ("table", "said"),
    [
        (TABLE.slice(1), "the table has 1 row fewer"),
        (pa.concat_tables([TABLE, TABLE]), "the table has 3 rows more"),
        (TABLE.drop_columns(["x"]), "the table no longer has 'x'"),
        (TABLE.append_column("z", pa.array([1.0, 2.0, 3.0])), "the table also has now 'z'"),
        (
            TABLE.select(["city", "x", "flag", "day", "kind", "y"]),
            "the table has its columns in another order",
        ),
        (with_column("x", [1.0, 2.0, 3.0]), "the table has other values in 'x'"),
        (with_column("x", [None, 1.0, 3.0]), "the table has other values in 'x'"),
        (with_column("city", [None, "a", "서울"]), "the table has other values in 'city'"),
        (with_column("city", ["a서", None, "울"]), "the table has other values in 'city'"),
        (with_column("flag", [True, True, None]), "the table has other values in 'flag'"),
        (with_column("day", [0, 2, None]), "the table has other values in 'day'"),
        (
            TABLE.set_column(4, "kind", pa.array(["v", "u", None]).dictionary_encode()),
            "the table has other values in 'kind'",
        ),
    ],
)
def test_changes__another_table__says_in_what(table: pa.Table, said: str) -> None:
    assert changed(table) == [said]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"config": replace(CONFIG, lr=0.01)}, "lr was 'auto', is 0.01"),
        ({"config": replace(CONFIG, seed=1)}, "seed was 0, is 1"),
        ({"valid_table": TABLE}, "the validation table is new"),
        ({"weight": np.ones(3)}, "the weights changed"),
        ({"valid_weight": np.ones(3)}, "the weights of validation changed"),
    ],
)
def test_changes__another_fit__says_in_what(others: dict[str, Any], said: str) -> None:
    assert changed(**others) == [said]


def test_changes__validation_table_left_out__is_said() -> None:
    assert changes(identify(TABLE, CONFIG, TABLE), identify(TABLE, CONFIG)) == [
        "the validation table is gone"
    ]


def test_changes__other_first_weights__are_said(regression_model: Model, classifier_model: Model) -> None:
    before = identify(TABLE, CONFIG, start=regression_model)

    assert changes(before, identify(TABLE, CONFIG, start=regression_model)) == []
    assert changes(before, identify(TABLE, CONFIG, start=classifier_model)) == [
        "what training begins with changed"
    ]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("netable", "0.0.1", "netable was '0.0.1', is "),
        ("code", "00", "the code of netable "),
        ("device", "cuda", "device was 'cuda', is "),
        ("python", "3.10.1", "python was '3.10.1', is "),
    ],
)
def test_changes__another_version__is_said(key: str, value: str, said: str) -> None:
    now = identify(TABLE, CONFIG)

    assert [text[: len(said)] for text in changes(now | {key: value}, now)] == [said]


def test_changes__another_package__is_said() -> None:
    now = identify(TABLE, CONFIG)
    before = now | {"packages": now["packages"] | {"torch": "1.0"}}

    assert changes(before, now) == [f"torch was '1.0', is {now['packages']['torch']!r}"]


def test_milder_changes__threads__do_not_forbid_to_go_on() -> None:
    now = identify(TABLE, CONFIG)

    assert changes(now | {"threads": 99}, now) == []
    assert milder_changes(now | {"threads": 99}, now) == [f"threads was 99, is {now['threads']}"]


def test_changes__manifest_of_nothing__is_all_new() -> None:
    assert changes({}, identify(TABLE, CONFIG))[0] == "the table is new"
