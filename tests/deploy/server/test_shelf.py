from __future__ import annotations

import os
from pathlib import Path
from shutil import copy

import pytest

from netable.deploy.server.explaining import Explainer
from netable.deploy.server.shelf import Shelf
from netable.errors import FileError, ModelFileError, SchemaError
from serving import ROWS, golden


def replace(path: Path, content: bytes) -> None:
    """As programs do that write whole files."""
    other = path.with_suffix(".new")
    other.write_bytes(content)
    os.replace(other, path)


def test_refresh__replaced_file__is_another_version(tmp_path: Path) -> None:
    said: list[str] = []
    path = Path(copy(golden("binary"), tmp_path / "a.netable"))
    shelf = Shelf(path, None, said.append)
    before = shelf["a"]
    shelf.refresh()
    assert shelf["a"] is before
    replace(path, golden("multiclass").read_bytes())
    shelf.refresh()

    assert (before.version, shelf["a"].version, shelf.reloads) == (1, 2, 1)
    assert shelf["a"].model.task == "multiclass"
    assert said == [f"{path} was read again"]


@pytest.mark.bad_input(108)
def test_refresh__damaged_or_removed_file__keeps_the_model(tmp_path: Path) -> None:
    said: list[str] = []
    path = Path(copy(golden("binary"), tmp_path / "a.netable"))
    shelf = Shelf(path, None, said.append)
    before = shelf["a"]
    replace(path, b"nonsense")
    shelf.refresh()
    shelf.refresh()
    path.unlink()
    shelf.refresh()
    assert shelf["a"] is before
    assert (shelf.reloads, shelf.failures, len(said)) == (0, 1, 1)
    assert said[0].endswith("The model loaded before is served further.")
    replace(path, golden("binary").read_bytes())
    shelf.refresh()

    assert shelf["a"].version == 2


def test_refresh__new_file_in_a_folder__is_added(tmp_path: Path) -> None:
    said: list[str] = []
    copy(golden("binary"), tmp_path)
    shelf = Shelf(tmp_path, None, said.append)
    assert list(shelf) == ["binary"]
    path = copy(golden("multiclass"), tmp_path)
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    shelf.refresh()

    assert list(shelf) == ["binary", "multiclass"]
    assert said == [f"{path} was added"]


def test_shelf__without_models__says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"has no model: no file in it ends with \.netable\. Name a folder"):
        Shelf(tmp_path, None, print)


def test_shelf__file_that_is_missing_or_no_model__is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file or directory"):
        Shelf(tmp_path / "nothing.netable", None, print)
    (tmp_path / "a.netable").write_bytes(b"nonsense")
    with pytest.raises(ModelFileError):
        Shelf(tmp_path, None, print)


def test_shelf__background__is_a_table_that_suits_the_model(tmp_path: Path) -> None:
    explain = Shelf(golden("binary"), ROWS, print)["binary"].explain
    assert isinstance(explain, Explainer)
    assert explain.background.num_rows <= 100
    other = tmp_path / "t.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="The table lacks 3 columns"):
        Shelf(golden("binary"), other, print)
    other.write_text("size,comma,도시\n", encoding="utf-8")
    with pytest.raises(FileError, match="has 0 rows; give contributions some to compare with"):
        Shelf(golden("binary"), other, print)
