from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.errors import FileError
from netable.ui.workspace import PRIVATE, Record, Workspace, safe_name


@given(st.text(max_size=300))
def test_safe_name__any_text__is_a_plain_name_of_one_file(name):
    made = safe_name(name)

    assert Path(made).name == made
    assert made not in (".", "..")
    assert not made.startswith((".", "-"))
    assert not set(made) & set("/\\*?[]\0\n")
    assert 0 < len(made.encode()) <= 100


def test_safe_name__long_name__keeps_its_ending():
    assert safe_name("가" * 200 + ".parquet").endswith("가.parquet")


def test_workspace__private_folder__is_for_its_owner_alone(workspace):
    assert stat.S_IMODE((workspace.runs / PRIVATE).stat().st_mode) == 0o700


def test_workspace__folder_that_is_a_file__is_one_line(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")

    with pytest.raises(FileError, match="cannot be used for runs"):
        Workspace(tmp_path / "file")


def test_uploads__block_that_fails__leaves_nothing(workspace):
    with pytest.raises(TypeError), workspace.tables.new("a.csv") as (_, file):
        file.write("a text")

    assert workspace.tables.all() == {}
    assert not list((workspace.runs / PRIVATE / "tables").iterdir())


def new(workspace, name):
    with workspace.tables.new(name) as (key, file):
        file.write(b"a,b\n1,2\n")
    return key


def test_uploads__keep_newest__removes_the_others(workspace):
    keys = [new(workspace, f"{n}.csv") for n in range(3)]

    workspace.tables.keep_newest(1)

    assert list(workspace.tables.all()) == keys[-1:]


def test_forget__table_of_another_run__stays(workspace):
    key = new(workspace, "a.csv")
    for run in ("one", "two"):
        workspace.write_record(run, Record(key, ("train",)))

    workspace.forget("one")
    assert list(workspace.tables.all()) == [key]
    workspace.forget("two")
    assert workspace.tables.all() == {}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"table": 1, "arguments": 2}', "\0"])
def test_records__broken_one__is_left_out(workspace, content):
    workspace.write_record("a", Record("k", ("train", "x")))
    (workspace.runs / PRIVATE / "runs" / "b.json").write_text(content, encoding="utf-8")

    assert workspace.records() == {"a": Record("k", ("train", "x"))}
