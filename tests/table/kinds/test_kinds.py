from __future__ import annotations

import pytest

from netable.config import choices
from netable.errors import ConfigError
from netable.table.kinds import KINDS, column_from_dict
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.number import Number


def test_kinds__each_choice__is_a_class_of_that_name() -> None:
    assert tuple(KINDS) == choices.KINDS
    assert {kind.kind for kind in KINDS.values()} == set(choices.KINDS)


def test_kinds__network_takes__five() -> None:
    trainable = [name for name, kind in KINDS.items() if kind.trainable]
    assert trainable == ["number", "category", "flag", "date", "text"]
    assert [name for name, kind in KINDS.items() if kind.is_continuous] == ["number", "date"]


def test_column__without_a_reason__is_of_a_trainable_kind() -> None:
    with pytest.raises(
        ConfigError, match=r"^The column 'x' is a constant; it needs a reason to be left out\.$"
    ):
        KINDS["constant"]("x", "number")


@pytest.mark.parametrize(
    "column",
    [
        Number("x", "number", form="decimal comma"),
        Flag("x", "text", levels=("no", "yes")),
        Date("x", "timestamp", has_time=True),
        Date("x", "timestamp", "ignored, as asked"),
    ],
)
def test_column__through_a_dictionary__is_the_same(column: Number | Flag | Date) -> None:
    plain = column.to_dict()

    assert plain.keys() == {"name", "kind", "storage", "reason", "levels", "has_time", "form"}
    assert column_from_dict(plain) == column


def test_date__positions_and_values__are_days() -> None:
    day = Date("x", "timestamp")

    assert day.value_at(0.75) == "1970-01-01"
    assert day.value_at(-0.25) == "1969-12-31"
