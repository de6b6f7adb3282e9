"""Commands, Python and pictures of the guides work as shown."""

from __future__ import annotations

import io
import re
import runpy
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from netable.cli.app import run
from page_reader import undrawn
from pages import ROOT, Page, Typed, same_words

GUIDES = [Page("docs/guide.md"), Page("docs/guide.ko.md")]
EXAMPLES = ROOT / "examples" / "guide"
TYPED = list(dict.fromkeys(typed for guide in GUIDES for typed in guide.typed()))
PYTHON = list(dict.fromkeys(block for guide in GUIDES for block in guide.blocks("python")))
# Whatever trains on another machine ends with other digits.
TOLERANCE = 0.25
# What scripts of the guide print without training is the same everywhere.
EXACT = ("neuron", "step_and_sigmoid", "activations", "layers", "backpropagation", "losses", "flats")
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guide")


@pytest.fixture(scope="module")
def printed(folder: Path) -> Iterator[dict[str, str]]:
    """The output of each command, typed one after the other; pictures are drawn into the folder."""
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(EXAMPLES)
        yield {command: output_of(command, folder) for command in dict.fromkeys(t.command for t in TYPED)}


def output_of(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # with bytes below, where tables go
    with redirect_stdout(output):
        if program == "netable":
            assert run(arguments) == 0
        else:
            assert program == "python"
            draw(ROOT / arguments[0], folder)
    output.seek(0)
    return output.read()


def draw(script: Path, folder: Path) -> Path:
    """Run a script; where it draws a picture, into the folder."""
    names = runpy.run_path(str(script))
    picture = folder / f"{script.stem}.svg"
    names["main"](*([picture] if {"PICTURE", "PLOT"} & names.keys() else []))
    return picture


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: typed.command)
def test_commands__as_typed__print_what_is_shown(typed: Typed, printed: dict[str, str]) -> None:
    exact = any(f"guide/{name}.py" in typed.command for name in EXACT)

    assert same_words(typed.output, printed[typed.command], 0 if exact else TOLERANCE), printed[typed.command]


@pytest.mark.usefixtures("printed")
@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.splitlines()[0])
def test_python__of_a_block__runs(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)

    exec(compile(block, "guide.md", "exec"), {})


def test_scripts__of_the_folder__are_all_shown() -> None:
    shown = {Path(part).stem for typed in TYPED for part in typed.command.split() if "guide/" in part}

    assert {file.stem for file in EXAMPLES.glob("*.py")} - shown == {"picture", "breast_cancer"}


@each_guide
def test_guides__of_every_language__show_the_same(guide: Page) -> None:
    assert guide.typed() == GUIDES[0].typed()
    assert guide.blocks("python") == GUIDES[0].blocks("python")
    assert guide.pictures() == GUIDES[0].pictures()


@each_guide
def test_prose__figures__are_those_that_a_command_prints(guide: Page) -> None:
    prose = re.sub(r"`[^`\n]+`", "", guide.prose())
    shown = "\n".join(guide.blocks("console"))

    figures = re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]*\d)", prose)
    assert len(figures) >= 15
    assert [figure for figure in figures if not re.search(rf"(?<![\d.]){re.escape(figure)}", shown)] == []


@pytest.mark.parametrize("picture", sorted(EXAMPLES.glob("*.svg")), ids=lambda path: path.name)
def test_pictures__drawn_again__are_those_of_the_page(
    picture: Path, printed: dict[str, str], folder: Path
) -> None:
    assert f"../examples/guide/{picture.name}" in GUIDES[0].pictures()
    old, new = (drawing(file) for file in (picture, folder / picture.name))

    assert old[0] == new[0]
    assert len(old[1]) == len(new[1])
    assert sum(abs(a - b) for a, b in zip(old[1], new[1], strict=True)) / len(old[1]) < 3  # of 576 across


def drawing(file: Path) -> tuple[list[str], list[float]]:
    """The words in a picture, and the places that its lines go through."""
    text = file.read_text(encoding="utf-8")
    words = re.findall(r">([^<>\n]+)</text>", text)
    lines = re.findall(r' d="([^"]+)"', text)
    return words, [float(number) for line in lines for number in re.findall(r"-?\d+\.?\d*", line)]


def test_pictures__drawn_twice__are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files.append(draw(EXAMPLES / "neuron.py", tmp_path / name))

    assert files[0].read_bytes() == files[1].read_bytes()
