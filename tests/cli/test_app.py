from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from netable.cli import app
from netable.errors import DataError, DataWarning

VERBS = ("train", "predict", "evaluate", "explain", "export", "inspect", "serve", "demo")
HEAVY = {"torch", "numpy", "pyarrow", "duckdb", "sklearn", "pandas", "matplotlib"}


def test_help__of_the_program__imports_no_library_that_takes_time():
    code = (
        "import sys; from netable.cli.app import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "netable train houses.csv" in ended.stdout
    assert not HEAVY & set(ended.stderr.split())


def test_module__run_as_a_program__is_the_command():
    ended = subprocess.run(
        [sys.executable, "-m", "netable", "--version"], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "netable 0.1.0\n"


@pytest.mark.parametrize("verb", VERBS)
def test_help__of_a_verb__shows_its_examples_unbroken(cli, verb):
    ended = cli(verb, "--help")
    examples = [line.strip() for line in app._VERBS[verb].__doc__.splitlines() if "    netable" in line]

    assert ended.code == 0
    assert examples
    assert [line.strip() for line in ended.out.splitlines() if line.startswith("     netable")] == examples
    assert max(map(len, examples)) < 76


def test_no_arguments__show_the_help(cli):
    ended = cli()

    assert ended.code == 2
    assert "Examples:" in ended.out
    assert ended.err == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tran"], "netable: No such command 'tran'. Did you mean 'train'? Try 'netable --help'."),
        (["train", "--targt", "x"], "netable: No such option: --targt (Possible options: "),
        (["train", "-o"], "netable: Option '-o' requires an argument. Try 'netable train --help'."),
        (["train", "--force=1"], "netable: Option '--force' does not take a value."),
        (["predict"], "netable: Missing argument 'MODEL'. Try 'netable predict --help'."),
        (["train", "a.csv"], "netable: Name the column to predict with --target."),
        (["train", "--target", "y"], "netable: Name one table: a path, or a query with --sql."),
        (
            ["train", "a.csv", "--sql", "select 1", "--target", "y"],
            "netable: Name one table: a path, or a query with --sql.",
        ),
    ],
)
def test_mistake__in_the_arguments__is_one_line_and_code_2(cli, tmp_path, arguments, complaint):
    (tmp_path / "a.csv").write_text("a,y\n1,2\n")

    ended = cli(*arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(complaint)
    assert ended.err.count("\n") == 1


def test_user_error__over_several_lines_with_escapes__is_one_harmless_line(cli, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise DataError("one\ntwo \x1b[31mred")

    monkeypatch.setattr(app, "app", fail)

    assert cli("train") == (2, "", "netable: one two �[31mred\n")


def test_own_mistake__is_one_line_and_code_1(capsys, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(app, "app", fail)

    assert app.run(["train"]) == 1
    assert capsys.readouterr().err == (
        "netable: our mistake, not yours: ZeroDivisionError: by zero (NETABLE_TRACEBACK=1 shows where)\n"
    )

    monkeypatch.setenv("NETABLE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        app.run(["train"])


def test_warnings__of_ours__are_notes_on_standard_error_and_others_are_silent(cli, monkeypatch):
    def warn(*_: object, **__: object) -> None:
        for _ in range(2):
            warnings.warn("a column was left out", DataWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    monkeypatch.setattr(app, "app", warn)

    assert cli("train") == (0, "", "note: a column was left out\n")


@pytest.mark.bad_input(96)
@pytest.mark.posix
def test_ctrl_c__in_training__keeps_the_best_and_ends_with_130(cli, tmp_path: Path, houses_csv: Path):
    import pty

    arguments = ["--target", "price", "--max-epochs", "100000", "--patience", "100000", "-o", "run"]
    arguments += ["--embedding", "none", "--hidden-layer-sizes", "4", "--folds", "2"]
    terminal, stderr = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "netable", "train", str(houses_csv), *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm", "COLUMNS": "100"},
        # Where a shell has put the tests into the background, they would hand on that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(stderr)
    shown = b""
    while b"valid" not in shown:  # the bar of the first epoch: from here on there is something to keep
        shown += os.read(terminal, 1000)
    running.send_signal(signal.SIGINT)
    err = _read_to_the_end(terminal)
    out, _ = running.communicate(timeout=60)

    assert running.returncode == 130, err
    assert "interrupted after" in out
    assert b"Traceback" not in err
    # What it may go on with is kept if it took more than a few seconds, and its course.
    assert {file.name for file in (tmp_path / "run").iterdir()} - {"checkpoint", "progress.jsonl"} == {
        "model.netable",
        "metrics.json",
        "history.csv",
        "config.yaml",
        "predictions.parquet",
        "report.html",
    }
    assert cli("inspect", "run/model.netable").out.startswith("regression: price")


def _read_to_the_end(terminal: int) -> bytes:
    said = b""
    with suppress(OSError):  # how Linux says that nobody writes to the terminal any more
        while part := os.read(terminal, 1000):
            said += part
    os.close(terminal)
    return said


@pytest.mark.bad_input(96)
def test_ctrl_c__before_there_is_anything__ends_with_130_and_leaves_nothing(cli, houses_csv, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netable.fit.fit.fit", interrupt)

    ended = cli("train", houses_csv, "--target", "price", "-o", "runs/a/b")

    assert ended == (130, "", "netable: stopped by Ctrl-C before there was a result.\n")
    assert not Path("runs").exists()
