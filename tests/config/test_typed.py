from __future__ import annotations

import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netable.config.parsing import names
from netable.config.typed import as_options, typed_names


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lr must be above 0.", "--lr must be above 0."),
        ("Try a lower lr, or clip_norm=1.", "Try a lower --lr, or --clip-norm 1."),
        (
            "'task' holds classes; task='regression' otherwise.",
            "'task' holds classes; --task regression otherwise.",
        ),
        ("Take narrower hidden_layer_sizes.", "Take narrower --hidden-layer-sizes."),
        ("class_weight names 'lr=1', which is no class.", "--class-weight names 'lr=1', which is no class."),
        ('Try class_weight="balanced".', "Try --class-weight balanced."),
        ('leave it out: ignore_columns=["id", "key"]', "leave it out: --ignore-columns id,key"),
        ('ignore_columns=["a, b", "[c]"]', """--ignore-columns '"a, b",[c]'"""),
        ("the header's 3 columns", "the header's 3 columns"),
        ("runs/batch_size.csv: no seed in it", "runs/batch_size.csv: no seed in it"),
        ("Choose task='a b'.", "Choose --task 'a b'."),
        ("use header=False, else header=True", "use --no-header, else --header"),
        ("decimal=',' or decimal='.'.", "--decimal ',' or --decimal '.'."),
        ("Use delimiter=…, or quotes", "Use --delimiter, or quotes"),
        ('the quotes "\'". Choose: quote="\'"', """the quotes "'". Choose: --quote "'\""""),
        ('kinds={"a": "flag", "b c": "text"} helps', "--kind 'a=flag,b c=text' helps"),
        ("Try hidden_layer_sizes=[32, 16].", "Try --hidden-layer-sizes 32,16."),
        ("stacks must be a list", "stacks must be a list"),
        ("The model m cannot be read", "The model m cannot be read"),
    ],
)
def test_as_options__settings_of_python__become_options_but_for_names_and_paths(text, shown):
    assert as_options(text) == shown


@given(text=st.text(max_size=8))
@example("a'b\"c")
@example("'\\")
def test_as_options__any_value_as_python_writes_it__is_read_by_a_shell(text: str) -> None:
    shown = as_options(f"Try group_column={text!r}.")

    assert shlex.split(shown.removesuffix(".")) == ["Try", "--group-column", text]


@given(text=st.text(max_size=8))
def test_as_options__text_of_the_user__stays_as_it_is(text: str) -> None:
    message = f"The column {'lr=1 ' + text!r} is empty."

    assert as_options(message) == message


@pytest.mark.parametrize("columns", [["id"], ["a, b", "c d"], ['say "x"', "don't"], ["[c]", "도시"]])
def test_typed_names__read_by_a_shell__are_the_names(columns):
    (argument,) = shlex.split(typed_names(columns))

    assert names(argument) == columns
