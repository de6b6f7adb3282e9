from __future__ import annotations

from dataclasses import fields

import pytest

from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.errors import ConfigError


def test_read_options__settings_of_a_run__have_the_same_defaults() -> None:
    assert ReadOptions.of(Settings()) == ReadOptions()
    assert {field.name for field in fields(ReadOptions)} < {field.name for field in fields(Settings)}


@pytest.mark.parametrize("delimiter", ["\t", "\\t", "tab"])
def test_read_options__tab__has_a_name(delimiter: str) -> None:
    assert ReadOptions(delimiter=delimiter).delimiter == "\t"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"delimiter": ",,"}, r"^delimiter must be one character, such as ';'; got ',,'\.$"),
        ({"delimiter": 7}, r"^delimiter must be text; got 7\.$"),
        ({"quote": "\udc80"}, r"^quote must be text; got '\\udc80'\.$"),
        ({"delimiter": "'", "quote": "'"}, r"^delimiter and quote cannot both be \"'\"\.$"),
        ({"decimal": ";"}, r"^decimal cannot be ';'\."),
        ({"comment": ""}, r"^comment must be the start of the lines to leave out, such as '#'; got ''\.$"),
        ({"header": "yes"}, r"^header must be true or false; got 'yes'\.$"),
        ({"skip_rows": -1}, r"^skip_rows must be "),
        ({"bad_rows": "ignore"}, r"^bad_rows cannot be 'ignore'\."),
        ({"na_values": ("x", 7)}, r"^Each of na_values must be text; got 7\.$"),
    ],
)
def test_read_options__not_possible__are_refused_also_as_settings(
    option: dict[str, object], message: str
) -> None:
    for kind in (ReadOptions, Settings):
        with pytest.raises(ConfigError, match=message):
            kind(**option)
