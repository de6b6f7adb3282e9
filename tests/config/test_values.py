from __future__ import annotations

from typing import Any

import pytest

from netable.config.fields import PANELS
from netable.config.settings import DEFAULTS, SETTINGS
from netable.errors import ConfigError


@pytest.mark.parametrize(
    ("setting", "typed", "value"),
    [
        ("target", ["price"], "price"),
        ("target", ["price", "rent"], ("price", "rent")),
        ("ignore_columns", ['a, "b, c"', "d"], ("a", "b, c", "d")),
        ("na_values", ["-9,."], ("-9", ".")),
        ("kinds", ["a=flag,b=text", "a=date"], {"a": "date", "b": "text"}),
        ("class_weight", "balanced", "balanced"),
        ("class_weight", "yes=2,no=0.5", {"yes": 2.0, "no": 0.5}),
        ("hidden_layer_sizes", "256,1e2", (256, 100)),
        ("folds", "auto", "auto"),
        ("folds", "1e1", 10),
        ("lr", "1e-3", 0.001),
        ("early_stopping", False, False),
    ],
)
def test_setting__typed__becomes_its_value(setting: str, typed: Any, value: Any) -> None:
    parsed = SETTINGS[setting].parse(typed)

    assert parsed == value
    assert SETTINGS[setting].checked(parsed) == value


@pytest.mark.parametrize(
    ("setting", "typed", "message"),
    [
        ("seed", "auto", "--seed takes a number; got 'auto'."),
        ("folds", "2.5", "--folds takes whole numbers; got '2.5'."),
        ("momentum", "auto", "--momentum takes a number; got 'auto'."),
        ("kinds", ["a"], "--kind takes COLUMN=KIND, separated by commas, of the kinds number, "),
    ],
)
def test_setting__typed_in_another_form__is_refused(setting: str, typed: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SETTINGS[setting].parse(typed)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["tab", "\\t", "\t"])
def test_delimiter__name_of_a_tab__is_a_tab(name: str) -> None:
    assert SETTINGS["delimiter"].checked(name) == "\t"


@pytest.mark.parametrize("mark", [";;", "", "\n", '"'])
def test_delimiter__no_usable_character__is_refused(mark: str) -> None:
    with pytest.raises(ConfigError, match=r"^delimiter must be one character, such as ';'; got "):
        SETTINGS["delimiter"].checked(mark)


@pytest.mark.parametrize("name", SETTINGS)
def test_setting__its_default__is_a_value(name: str) -> None:
    setting = SETTINGS[name]

    assert setting.checked(setting.default) == setting.default == getattr(DEFAULTS, name)
    assert setting.panel in PANELS
    assert setting.about.endswith((".", ":"))
