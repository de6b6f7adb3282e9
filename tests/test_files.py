from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from netable.errors import FileError
from netable.files import write_atomically


def test_write_atomically__a_block_that_ends_well__replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with write_atomically(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_write_atomically__a_block_that_fails__leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), write_atomically(path) as file:
        file.write(bytes([1 // 0]))

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_write_atomically__an_interrupt__leaves_the_old_file(
    tmp_path: Path, interrupt: type[BaseException]
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(interrupt), write_atomically(path):
        raise interrupt

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.bad_input(79)
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_write_atomically__a_failing_disk__is_a_file_error_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, no_space)
    with pytest.raises(FileError) as caught, write_atomically(path) as file:
        file.write(b"new")
    monkeypatch.undo()

    assert str(caught.value) == f"{path} cannot be written: No space left on device."
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.bad_input(80)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_write_atomically__a_crash_at_any_step__leaves_the_old_file_whole(tmp_path: Path, step: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    code = (
        "import os, sys\n"
        "from netable.files import write_atomically\n"
        f"os.{step} = lambda *_: os._exit(9)\n"
        "with write_atomically(sys.argv[1]) as file:\n"
        "    file.write(b'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)

    assert done.returncode == 9
    assert path.read_bytes() == b"old"


def test_write_atomically__order__flushes_the_file_then_renames_then_flushes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def seen_fsync(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def seen_replace(old: str, new: str) -> None:
        calls.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "replace", seen_replace)
    with write_atomically(tmp_path / "a.bin") as file:
        file.write(b"x" * 10)

    assert calls == ["file", "rename", "folder"]


def test_write_atomically__permissions__are_those_of_any_new_file(tmp_path: Path) -> None:
    for umask, expected in ((0o022, 0o644), (0o077, 0o600)):
        old = os.umask(umask)
        try:
            with write_atomically(tmp_path / f"{umask}.bin") as file:
                file.write(b"x")
        finally:
            os.umask(old)
        assert stat.S_IMODE((tmp_path / f"{umask}.bin").stat().st_mode) == expected


def test_write_atomically__missing_folder__is_a_file_error(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a.bin"
    with pytest.raises(FileError) as caught, write_atomically(path):
        raise AssertionError("the block must not run")
    assert str(caught.value) == f"{path} cannot be written: No such file or directory."


def test_write_atomically__a_folder_in_the_way__is_a_file_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    message = r"taken cannot be written: Is a directory\.$"
    with pytest.raises(FileError, match=message), write_atomically(tmp_path / "taken") as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == ["taken"]


def test_write_atomically__a_very_long_name__is_written(tmp_path: Path) -> None:
    name = "모" * 80 + ".netable"  # 248 bytes, of 255
    with write_atomically(tmp_path / name) as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == [name]
