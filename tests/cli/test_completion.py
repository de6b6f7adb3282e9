from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHELLS = ("bash", "zsh", "fish", "powershell")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion__shell__has_a_script_that_asks_netable(cli, shell):
    ended = cli("completion", shell)

    assert ended.code == 0
    assert "_NETABLE_COMPLETE" in ended.out
    assert "netable" in ended.out


def test_completion__unknown_shell__names_those_that_are_known(cli):
    ended = cli("completion", "tcsh")

    assert ended.code == 2
    assert all(f"'{shell}'" in ended.err for shell in SHELLS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("netable ex", ["explain", "export"]),
        ("netable train --optimizer ad", ["adam", "adamw"]),
        ("netable predict --thr", ["--threshold"]),
    ],
)
def test_question__of_a_shell__is_answered(cli, monkeypatch, line, expected):
    monkeypatch.setenv("_NETABLE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))

    assert cli().out.split() == expected


@pytest.mark.posix
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash__with_the_script__completes_a_verb(tmp_path: Path):
    command = tmp_path / "netable"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netable "$@"\n')
    command.chmod(0o755)
    program = 'eval "$(netable completion bash)"; COMP_WORDS=(netable moni); COMP_CWORD=1; '
    program += "_netable_completion netable; echo ${COMPREPLY[@]}"
    ended = subprocess.run(
        ["bash", "-c", program],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (ended.stdout, ended.stderr) == ("monitor\n", "")
