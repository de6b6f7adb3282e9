from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from netable.errors import FileError
from netable.system.files import write_atomically, write_folder, write_together


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
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE])
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_write_atomically__a_failing_disk__is_a_file_error_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, reason: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason))

    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(FileError) as caught, write_atomically(path) as file:
        file.write(b"new")
    monkeypatch.undo()

    assert str(caught.value) == f"{path} cannot be written: {os.strerror(reason)}."
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


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


@pytest.mark.posix
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


def test_write_atomically__a_name_too_long__is_a_file_error_before_the_block(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 300)
    with pytest.raises(FileError, match=r" cannot be written: File name too long\.$"), write_atomically(path):
        raise AssertionError("the block must not run")


@pytest.mark.parametrize("name", ["a\0b", "file/a"])
def test_write_atomically__a_path_that_cannot_be__is_a_file_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(FileError, match=r" cannot be written: (.*embedded null .*|Not a directory)\.$"),
        write_atomically(tmp_path / name),
    ):
        raise AssertionError("the block must not run")


def test_write_atomically__folder_removed_meanwhile__is_a_file_error(tmp_path: Path) -> None:
    path = tmp_path / "run" / "a.bin"
    path.parent.mkdir()
    message = r"a\.bin cannot be written: No such file or directory\.$"
    with pytest.raises(FileError, match=message), write_atomically(path):
        shutil.rmtree(path.parent)


@pytest.mark.bad_input(89)
@pytest.mark.parametrize("leads_to", ["old.bin", "nowhere"])
def test_write_atomically__a_link__is_neither_followed_nor_replaced(tmp_path: Path, leads_to: str) -> None:
    (tmp_path / "old.bin").write_bytes(b"old")
    link = tmp_path / "link.bin"
    link.symlink_to(leads_to)
    with pytest.raises(FileError) as caught, write_atomically(link):
        raise AssertionError("the block must not run")

    assert str(caught.value) == (
        f"{link} is a symbolic link, which is neither followed nor replaced; name a file."
    )
    assert link.is_symlink()
    assert (tmp_path / "old.bin").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["link.bin", "old.bin"]


@pytest.mark.bad_input(89)
def test_write_atomically__through_a_linked_folder_or_dots__is_where_the_path_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for path in (tmp_path / "link" / "a.bin", tmp_path / "real" / ".." / "real" / "b.bin"):
        with write_atomically(path) as file:
            file.write(b"x")

    assert sorted(os.listdir(tmp_path / "real")) == ["a.bin", "b.bin"]


@pytest.mark.posix
def test_write_atomically__a_pipe__stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    message = r"pipe is a device or a pipe; name a file\.$"
    with pytest.raises(FileError, match=message), write_atomically(tmp_path / "pipe"):
        raise AssertionError("the block must not run")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.bad_input(80)
def test_write_atomically__folder_that_cannot_be_flushed__is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(reason, os.strerror(reason))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    path, reason = tmp_path / "a.bin", errno.EINVAL  # what a file system without such a thing says
    with write_atomically(path) as file:
        file.write(b"new")
    reason = errno.EIO
    message = r"was written, but may be gone after a crash of the machine: .* \(Input/output error\)\.$"
    with pytest.raises(FileError, match=message), write_atomically(path) as file:
        file.write(b"newer")

    assert path.read_bytes() == b"newer"


def test_write_together__a_block_that_ends_well__replaces_and_removes(tmp_path: Path) -> None:
    for name in ("a", "b", "other"):
        (tmp_path / name).write_text("old")
    with write_together(tmp_path, ("a", "b", "c")) as new:
        (new / "a").write_text("new")
        assert (tmp_path / "a").read_text() == "old"

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "new", "other": "old"}


@pytest.mark.bad_input(79)
def test_write_together__a_file_that_fails__leaves_all_old_ones(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(FileError) as caught:
        _write_then_fail(tmp_path, lambda new: FileError(f"{new / 'b'} cannot be written: No space."))

    assert str(caught.value) == f"{tmp_path / 'b'} cannot be written: No space."
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "old"}


def test_write_together__an_interrupt__leaves_all_old_ones(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _write_then_fail(tmp_path, lambda _: KeyboardInterrupt())

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "old"}


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("moves", range(4))
def test_write_together__a_place_that_cannot_be_taken__leaves_all_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int, error: BaseException
) -> None:
    old = {"a": "old", "b": "old"}
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    replace, left = os.replace, [moves]

    def replace_some(source: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_some)
    with pytest.raises((FileError, KeyboardInterrupt)):
        _write_new(tmp_path)

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == old


def _write_new(folder: Path) -> None:
    with write_together(folder, ("a", "b", "c")) as new:
        for name in "ac":
            (new / name).write_text("new")


def _write_then_fail(folder: Path, error: Callable[[Path], BaseException]) -> None:
    with write_together(folder, ("a", "b")) as new:
        (new / "a").write_text("new")
        raise error(new)


KILLED_AT_EVERY_LINE = """
import os, sys
from pathlib import Path
from netable.system import files
folder, work = Path(sys.argv[1]), sys.argv[2]

def write():
    if work == "one":
        with files.write_atomically(folder / "a") as file:
            file.write(b"new")
    else:
        with files.write_together(folder, ("a", "b")) as new:
            for name in "ab":
                (new / name).write_bytes(b"new")

def at_line(frame, event, value):
    global left
    if frame.f_code.co_filename != files.__file__ and frame.f_code is not write.__code__:
        return None
    left -= event == "line"
    if left < 0:
        os._exit(9)
    return at_line

code, steps = 9, 0
while code == 9:
    for name in "ab":
        (folder / name).write_bytes(b"old")
    if (child := os.fork()) == 0:
        left = steps
        sys.settrace(at_line)
        write()
        os._exit(0)
    code, steps = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), steps + 1
    print(*((folder / name).read_text() if (folder / name).exists() else "-" for name in "ab"))
"""


@pytest.mark.posix
@pytest.mark.bad_input(80)
@pytest.mark.parametrize(
    ("work", "seen"),
    # A crash between two renames may leave files out, and never has old and new ones side by side.
    [("one", {"old old", "new old"}), ("several", {"old old", "- old", "- -", "new -", "new new"})],
)
def test_writing__killed_at_any_line__leaves_what_is_whole(tmp_path: Path, work: str, seen: set[str]) -> None:
    code = [sys.executable, "-c", KILLED_AT_EVERY_LINE, str(tmp_path), work]
    found = subprocess.run(code, capture_output=True, text=True, check=True).stdout.splitlines()

    assert len(found) > 25
    assert set(found) == seen
    assert found[-1].startswith("new")


def test_write_folder__new_place__appears_when_the_block_ends(tmp_path: Path) -> None:
    with write_folder(tmp_path / "new", ["a"]) as folder:
        (folder / "a").write_text("new")
        assert not (tmp_path / "new").exists()

    assert os.listdir(tmp_path) == ["new"]
    assert (tmp_path / "new" / "a").read_text() == "new"


def test_write_folder__existing_folder__changes_files_of_these_names_alone(tmp_path: Path) -> None:
    for name in ("a", "b", "other"):
        (tmp_path / name).write_text("old")
    with write_folder(tmp_path, ["a", "b"]) as folder:
        (folder / "a").write_text("new")

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "new", "other": "old"}


@pytest.mark.bad_input(79)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_write_folder__block_that_fails__leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def write() -> None:
        with write_folder(tmp_path / "new", ["a"]) as folder:
            (folder / "a").write_text("new")
            raise error

    with pytest.raises((FileError, KeyboardInterrupt)) as caught:
        write()

    assert str(caught.value) in ("", f"{tmp_path / 'new'} cannot be written: No space left on device.")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_write_folder__place_that_is_no_folder__is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    place.write_text("mine") if kind == "file" else place.symlink_to(tmp_path)
    with (
        pytest.raises(
            FileError, match=r"place is not a folder; name a folder, or a place where there is none\.$"
        ),
        write_folder(place, ["a"]),
    ):
        pass
