"""The notebooks are those of their scripts, run without an error."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"
MAKE = runpy.run_path(str(NOTEBOOKS / "make.py"))
each_script = pytest.mark.parametrize("script", MAKE["SCRIPTS"], ids=lambda script: script.stem)


def test_cells__marks__divide_text_and_code() -> None:
    script = "# %% [markdown]\n# # Title\n#\n# Text.\n\n# %%\nx = 1  # one\n"

    assert MAKE["cells"](script) == [("markdown", "# Title\n\nText."), ("code", "x = 1  # one")]


@each_script
def test_notebook__committed__has_the_cells_of_its_script_and_no_error(script: Path) -> None:
    path = script.with_suffix(".ipynb")
    committed = nbformat.read(path, 4)
    nbformat.validate(committed)
    outputs = [output for cell in committed.cells for output in cell.get("outputs", [])]

    assert sources(committed) == sources(MAKE["notebook"](script)), "run make notebooks"
    assert outputs
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)
    assert path.stat().st_size < 200_000
    assert "/tmp/" not in path.read_text(encoding="utf-8")


def test_chapter__in_korean__has_the_same_code() -> None:
    english, korean = (
        MAKE["cells"]((NOTEBOOKS / f"chapter{language}.py").read_text(encoding="utf-8"))
        for language in ("", ".ko")
    )

    assert [kind for kind, _ in english] == [kind for kind, _ in korean]
    for (kind, here), (_, there) in zip(english, korean, strict=True):
        assert (here == there) is (kind == "code")
        assert kind == "code" or re.search("[가-힣]", there)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["trusted_model", "chapter", "deploying"])
def test_notebook__executed__shows_what_it_did(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    script = NOTEBOOKS / f"{name}.py"
    made, committed = MAKE["executed"](script), nbformat.read(script.with_suffix(".ipynb"), 4)

    assert [kinds(cell) for cell in made.cells] == [kinds(cell) for cell in committed.cells]


def sources(notebook: Any) -> list[tuple[str, str, str]]:
    return [(cell.id, cell.cell_type, cell.source) for cell in notebook.cells]


def kinds(cell: Any) -> list[str]:
    """The types of the outputs of a cell."""
    return [json.dumps([o.output_type, sorted(o.get("data", {}))]) for o in cell.get("outputs", [])]
