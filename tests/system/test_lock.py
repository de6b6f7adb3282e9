from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netable.errors import FileError
from netable.system import lock as room
from netable.system.lock import folder_lock, is_locked

HOLD = (
    "import sys; from netable.system.lock import folder_lock, is_locked\n"
    "with folder_lock(sys.argv[1]): print('held', flush=True); input()"
)


@pytest.mark.bad_input(83)
@pytest.mark.posix
def test_folder_lock__second_process__is_refused_until_the_first_has_ended_in_any_way(tmp_path: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"

        with pytest.raises(FileError) as caught, folder_lock(tmp_path):
            pass
        first.kill()

    assert str(caught.value) == (
        f"{tmp_path} is being written to by another run; wait for it, or name another folder."
    )
    with folder_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix
def test_folder_lock__twice_in_one_process__is_refused(tmp_path: Path) -> None:
    with folder_lock(tmp_path), pytest.raises(FileError, match="another run"), folder_lock(tmp_path):
        pass


def test_folder_lock__system_without_locks__has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "fcntl", None)

    with folder_lock(tmp_path), folder_lock(tmp_path):
        pass


@pytest.mark.posix
def test_folder_lock__drive_without_locks__has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)

    with folder_lock(tmp_path):
        pass


@pytest.mark.posix
def test_is_locked__within_a_lock_and_after_it__says_so(tmp_path: Path) -> None:
    with folder_lock(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
    assert not is_locked(tmp_path / "nothing")
