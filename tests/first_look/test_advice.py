"""The command that the page of a look ends with, typed as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from advice import advice, terminal
from page_reader import Reader, undrawn

ROWS = "".join(f"{i % 7},{i % 5},{i % 7 + i / 8}\n" for i in range(40))


def next_command(looking: str) -> str:
    """The command that the page of a look shows."""
    with undrawn():
        terminal(looking, "--max-epochs 1 --force")
    (command,) = Reader(Path("look-t.html").read_text(encoding="utf-8")).texts["pre"]
    return command.removeprefix("netable ")


@pytest.mark.filterwarnings("ignore::UserWarning")  # all that is said
def test_advice__followed_from_page_to_page__trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(f"a,b,y\n{ROWS}", encoding="utf-8")

    look = next_command("look t.csv")
    assert look == "look t.csv --max-epochs 1 --target COLUMN"
    train = next_command(look.replace("COLUMN", "y"))
    assert train == "train t.csv --max-epochs 1 --target y"
    terminal(train, "--max-epochs 1 --hidden-layer-sizes 2 --folds 2 --no-report -o run")

    assert Path("run/model.netable").exists()


@pytest.mark.filterwarnings("ignore::UserWarning")  # all that is said
def test_advice__of_a_look_with_settings__has_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(f"a,b,y\n{ROWS}", encoding="utf-8")
    Path("few.yaml").write_text("folds: 2\n", encoding="utf-8")

    command = next_command(
        "look t.csv --target y --kind a=category --kind b=number --delimiter , --header --decimal=. "
        "--config few.yaml"
    )

    assert command == (
        "train t.csv --kind a=category --kind b=number --max-epochs 1 --delimiter , --decimal . --header "
        "--config few.yaml --target y"
    )


def test_advice__every_message__is_that_command() -> None:
    assert {message.text for message in advice("first_look")} == {"netable {} {} --target {}"}
