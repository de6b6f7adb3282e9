from __future__ import annotations

import shlex
from urllib.parse import parse_qs

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from netable.cli.app import app
from netable.cli.settings import settings_from
from netable.config.choices import KINDS
from netable.config.settings import SETTINGS
from netable.errors import ConfigError, DataError
from netable.ui.choices import LEAVE_OUT, Choices, ask_python, train_command, train_python

COLUMNS = ("size", "price, USD", "--target", "a=b", 'q"uote', "도시", "it's")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda name: name == name.strip()
)


def typed_again(command: list[str]) -> dict[str, object]:
    """The settings that `netable train` reads from arguments."""
    verb = typer.main.get_command(app).commands["train"]
    with verb.make_context("train", command) as context:
        typed = {name: value for name, value in context.params.items() if name in SETTINGS}
    return settings_from(typed, None).to_dict()


@given(st.lists(NAMES, min_size=3, max_size=6, unique=True), st.data())
def test_options__any_names__are_read_as_chosen(columns, data):
    form = {"target": "0", "effort": "fast", "time_limit": "60"}
    form |= {
        f"kind-{place}": data.draw(st.sampled_from(["", LEAVE_OUT, "category", "text"])) for place in range(6)
    }
    choices = Choices.of_form(form, columns)

    settings = typed_again(["t.csv", *choices.options()])

    expected = choices.settings()
    assert settings["target"] == expected["target"] == columns[0]
    assert settings["kinds"] == expected.get("kinds", {})
    assert list(settings["ignore_columns"]) == expected.get("ignore_columns", [])
    assert (settings["effort"], settings["time_limit"]) == ("fast", 60.0)


def test_of_form__defaults__give_no_options():
    assert Choices.of_form({"effort": "standard", "time_limit": " "}, COLUMNS).options() == []


@pytest.mark.parametrize("place", range(len(COLUMNS)))
def test_query__of_choices__gives_them_again(place):
    form = {"target": str(place), "kind-0": "category", "kind-5": LEAVE_OUT, "max_epochs": "3"}
    choices = Choices.of_form(form, COLUMNS)

    again = {name: values[0] for name, values in parse_qs(choices.query(COLUMNS)).items()}

    assert Choices.of_form(again, COLUMNS) == choices


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"target": "7"}, DataError),
        ({"target": "-1"}, DataError),
        ({"target": "size"}, DataError),
        ({"target": "0", "kind-1": "colour"}, ConfigError),
        ({"target": "0", "effort": "much"}, ConfigError),
        ({"target": "0", "time_limit": "soon"}, ConfigError),
        ({"target": "0", "max_epochs": "-2"}, ConfigError),
    ],
)
def test_of_form__value_that_cannot_be_used__is_one_line(form, error):
    with pytest.raises(error):
        Choices.of_form(form, COLUMNS)


def test_kinds__of_the_page__are_those_of_columns():
    form = {f"kind-{place}": kind for place, kind in enumerate(KINDS)}

    assert set(Choices.of_form(form, COLUMNS).kinds.values()) == {*KINDS}


def test_train_command__is_what_a_person_types(tmp_path):
    choices = Choices("price, USD", {"a=b": "category"}, ("size",), {"effort": "fast"})

    command = train_command(tmp_path / "t.csv", choices.options(), tmp_path / "run")

    words = shlex.split(command)
    assert words[:3] == ["netable", "train", str(tmp_path / "t.csv")]
    assert words[3:5] == ["--target", '"price, USD"']
    assert words[-4:] == ["--effort", "fast", "-o", str(tmp_path / "run")]


def test_python__of_choices_and_rows__can_be_compiled(tmp_path):
    choices = Choices("it's", {"q'": "flag"}, ("a",), {"time_limit": "2"})

    for lines in (
        train_python(tmp_path / "t'.csv", choices, "m"),
        ask_python(tmp_path, {"a'": None, "b": "x\n"}),
    ):
        compile(lines, "lines", "exec")
