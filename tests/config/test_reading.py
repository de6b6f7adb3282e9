from __future__ import annotations

from dataclasses import fields

import pytest

from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.errors import ConfigError


def test_read_options__settings_of_a_run__have_the_same_defaults() -> None:
    for field in fields(ReadOptions):
        assert getattr(ReadOptions(), field.name) == getattr(Settings(), field.name)


@pytest.mark.parametrize("delimiter", ["\t", "\\t", "tab"])
def test_read_options__tab__has_a_name(delimiter: str) -> None:
    assert ReadOptions(delimiter=delimiter).delimiter == "\t"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"delimiter": "'", "quote": "'"}, r"^delimiter and quote cannot both be \"'\"\.$"),
        ({"comment": ""}, r"^comment must not be empty; "),
    ],
)
def test_read_options__not_possible_together__are_refused(option: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReadOptions(**option)


@pytest.mark.parametrize(
    "option",
    [
        {"delimiter": ",,"},
        {"delimiter": 7},
        {"quote": "\udc80"},
        {"decimal": ";"},
        {"header": "yes"},
        {"skip_rows": -1},
        {"bad_rows": "ignore"},
        {"na_values": ("x", 7)},
    ],
    ids=str,
)
def test_read_options__not_possible__are_refused_as_in_settings(option: dict[str, object]) -> None:
    errors = []
    for kind in (ReadOptions, Settings):
        with pytest.raises(ConfigError) as error:
            kind(**option)
        errors.append(str(error.value))

    assert errors[0] == errors[1]
