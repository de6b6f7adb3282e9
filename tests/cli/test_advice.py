"""The advice of messages at the terminal."""

from __future__ import annotations

import csv
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from math import inf
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from advice import Case, advice, check_complete, follow, terminal
from netable.errors import UserError
from netable.train import checkpoint, loop

MESSAGES = advice("cli", besides=["fit s", "--target-transform log"])
ROWS = "".join(f"{i % 7},{i % 5},{i % 7 + i / 8}\n" for i in range(40))
TABLE = f"a,b,y\n{ROWS}"
TRAIN = "train t.csv --target y --max-epochs 3 --batch-size 8 --folds 2 --model linear --no-report"
COMPARE = "compare t.csv --target y --max-epochs 1 --outer-folds 2"


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


@cache
def run() -> Path:
    """A folder with a short run in it."""
    folder = Path(mkdtemp())
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as place:
        place.chdir(folder)
        terminal(f"{TRAIN} -o run")
    return folder


def end_by(error: type[BaseException]) -> AbstractContextManager[None]:
    """Training saves its state after each step, and ends by an error in the second epoch."""
    step, taken = loop.train_step, []

    def train_step(*arguments: Any, **named: Any) -> object:
        if len(taken) == 8:
            raise error
        taken.append(0)
        return step(*arguments, **named)

    return patched(loop, "train_step", train_step)


@contextmanager
def patched(*places: Any) -> Iterator[None]:
    """Names in modules have other values in the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "INTERVAL", 0.0)
        patch.setattr(checkpoint, "SHARE", inf)
        patch.setattr(*places)
        yield


def netable(words: str, more: str = "", stopped: str = "", interrupted: bool = False) -> None:
    """Type a command in a folder with a few tables, a run, and what a command left that was stopped."""
    shutil.copytree(run(), ".", dirs_exist_ok=True)
    Path("held").mkdir()
    Path("out.csv").touch()
    tables = {"held/t.csv": TABLE, "one.csv": "a,b,y\n1,2,3\n"}
    tables["dated.csv"] = "a,b,y,day\n" + ROWS.replace("\n", ",2020-01-03\n")
    tables |= {f"{name}.csv": TABLE.replace("y", name, 1) for name in ("z", "prediction")}
    for name, text in tables.items():
        Path(name).write_text(text, encoding="utf-8")
    with sqlite3.connect("shop.db") as connection:
        connection.execute("create table t (a, b, y)")
        connection.executemany("insert into t values (?, ?, ?)", csv.reader(ROWS.splitlines()))
    connection.close()
    if stopped:
        with end_by(Killed), pytest.raises(Killed):
            terminal(stopped)
    with end_by(KeyboardInterrupt) if interrupted else nullcontext():
        terminal(words, more)


def with_workers(words: str, more: str = "", stopped: str = "", lost: bool = False) -> None:
    """Train with several workers, of which one is lost again and again, or whose work this process does alone."""

    def launch(*_: object) -> Callable[..., None]:
        def start(_: str, program: str, codes: Path, agent: int, began: float, *command: str) -> None:
            if lost:
                raise ChildFailedError("worker", {1: ProcessFailure(1, 0, -9, "")})
            terminal(shlex.join([*command, "--workers", "1"]))
            (codes / "0").mkdir()
            (codes / "0" / "0").write_text("0", encoding="utf-8")

        return start

    with patched("torch.distributed.launcher.api.elastic_launch", launch):
        netable(words, more, stopped)


def without_trees(words: str, installed: bool = False) -> None:
    """Compare where boosted trees are installed, or are not."""
    with (
        patched("netable.comparison.run.is_installed", lambda name: installed or name != "lightgbm"),
        patched("netable.comparison.run.DEFAULT_METHODS", ("constant", "linear", "lightgbm")),
    ):
        netable(words)


def serving(installed: bool = False) -> None:
    """Serve a model where Starlette is installed, or is not; the service ends at once."""
    with (
        patched("netable.cli.serve.find_spec", lambda name: installed or None),
        patched("netable.deploy.server.run.serve", lambda *_, **__: None),
    ):
        netable("serve run/model.netable")


def paging(installed: bool = False) -> None:
    """Open the page where its libraries are installed, or are not; it ends at once."""
    with (
        patched("netable.cli.ui.find_spec", lambda name: installed or None),
        patched("netable.ui.run.run", lambda *_, **__: None),
    ):
        netable("ui --no-browser")


EXPLAIN = "explain run/model.netable t.csv"
CASES = [
    Case(
        "netable predict {} NEW.csv",
        netable,
        {"words": f"{TRAIN} -o new"},
        [{"words": "predict run/model.netable t.csv -o new.csv"}],
    ),
    Case("Try '{} --help'", netable, {"words": f"{TRAIN} --nope"}, [{"words": "train --help"}]),
    Case("A service needs {}, not installed here", serving, {}, [{"installed": True}]),
    Case("The page needs {}, not installed here", paging, {}, [{"installed": True}]),
    Case("Not installed: {}. Try", without_trees, {"words": COMPARE}, [{"installed": True}]),
    Case(
        "Give --row or --every-row",
        netable,
        {"words": f"{EXPLAIN} --row 1 --every-row"},
        [{"words": f"{EXPLAIN} --row 1"}, {"words": f"{EXPLAIN} --every-row"}],
    ),
    Case(
        "--of goes with",
        netable,
        {"words": f"{EXPLAIN} --of y"},
        [{"more": "--row 1"}, {"more": "--every-row"}],
    ),
    Case(
        "Without it, --row explains",
        netable,
        {"words": "explain run/model.netable z.csv"},
        [{"more": "--row 1"}],
    ),
    Case(
        "give a table of several",
        netable,
        {"words": "explain run/model.netable one.csv --row 1"},
        [{"words": f"{EXPLAIN} --row 1"}],
    ),
    Case(
        "--row must be from 1", netable, {"words": f"{EXPLAIN} --row 41"}, [{"words": f"{EXPLAIN} --row 40"}]
    ),
    Case(
        "Name one table",
        netable,
        {"words": "predict run/model.netable"},
        [{"more": "t.csv"}, {"more": "--sql \"select * from 't.csv'\""}],
    ),
    Case(
        "name the model in it",
        netable,
        {"words": "predict run t.csv"},
        [{"words": "predict run/model.netable t.csv"}],
    ),
    Case(
        "cannot be kept",
        netable,
        {"words": "predict run/model.netable prediction.csv --keep prediction"},
        [
            {"words": "predict run/model.netable prediction.csv --keep a"},
            {"words": "predict run/model.netable z.csv --keep z"},
        ],
    ),
    Case(
        "Name another one with --flag-unusual",
        netable,
        {"words": "predict run/model.netable t.csv --flag-unusual prediction"},
        [{"words": "predict run/model.netable t.csv --flag-unusual why"}],
    ),
    Case(
        "--since must be a day",
        netable,
        {"words": "monitor run/model.netable dated.csv -o new.html --since day=soon"},
        [{"words": "monitor run/model.netable dated.csv -o new.html --since day=2020-01-02"}],
    ),
    Case(
        "Name it, as in --since",
        netable,
        {"words": "monitor run/model.netable dated.csv -o new.html --since 2020-01-02"},
        [{"words": "monitor run/model.netable dated.csv -o new.html --since day=2020-01-02"}],
    ),
    Case(
        "name a file for the page",
        netable,
        {"words": "report run/model.netable", "more": "-o held"},
        [{"more": "-o held/page.html"}],
    ),
    Case(
        "Name another file with -o",
        netable,
        {"words": "report run/model.netable", "more": "-o out.csv"},
        [{"more": "-o page.html"}, {"more": "-o out.csv --force"}],
    ),
    Case("is a file; name a folder", netable, {"words": TRAIN, "more": "-o t.csv"}, [{"more": "-o new"}]),
    Case(
        "holds a table that is read here",
        netable,
        {"words": TRAIN.replace("t.csv", "held/t.csv"), "more": "-o held --force"},
        [{"more": "-o new"}],
    ),
    Case(
        "holds a training run that was stopped",
        netable,
        {"words": f"{COMPARE} --methods constant", "more": "-o new", "stopped": f"{TRAIN} -o new"},
        [{"more": "-o another"}],
    ),
    Case(
        "Continue it with --resume",
        netable,
        {"words": f"{TRAIN} -o new", "stopped": f"{TRAIN} -o new"},
        [{"more": "--resume"}, {"more": "--force"}],
    ),
    Case(
        "exists already. Name another folder",
        netable,
        {"words": TRAIN, "more": "-o run"},
        [{"more": "-o new"}, {"more": "-o run --force"}],
    ),
    Case(
        "Name the column to predict",
        netable,
        {"words": TRAIN.replace("--target y", "")},
        [{"more": "--target y"}],
    ),
    Case(
        "name another one with -o",
        netable,
        {"words": "predict run/model.netable t.csv -o t.csv"},
        [{"words": "predict run/model.netable t.csv -o new.csv"}],
    ),
    Case(
        "Name another file with -o",
        netable,
        {"words": "predict run/model.netable t.csv -o out.csv"},
        [{"words": "predict run/model.netable t.csv -o new.csv"}, {"more": "--force"}],
    ),
    Case(
        "give it with --sql",
        netable,
        {"words": f"{TRAIN} --from shop.db"},
        [{"words": TRAIN.replace("t.csv", "--from shop.db --sql 'select * from t'")}],
    ),
    Case(
        "leave one of them out",
        netable,
        {"words": f"{TRAIN} -o run --resume --force"},
        [{"words": f"{TRAIN} -o run --resume"}, {"words": f"{TRAIN} -o run --force"}],
    ),
    Case(
        "the same command with --resume",
        netable,
        {"words": f"{TRAIN} -o new", "interrupted": True},
        [{"interrupted": False, "stopped": f"{TRAIN} -o new", "more": "--resume"}],
    ),
    Case(
        "holds a finished run with different inputs",
        netable,
        {"words": f"{TRAIN} --lr 0.01", "more": "-o run --resume"},
        [{"more": "-o new"}, {"more": "-o run --force"}],
    ),
    Case("at least 1", netable, {"words": TRAIN, "more": "--workers 0"}, [{"more": "--workers 1"}]),
    Case(
        "on this machine; got", netable, {"words": TRAIN, "more": "--workers 5000"}, [{"more": "--workers 1"}]
    ),
    Case("a size such as", netable, {"words": TRAIN, "more": "--memory much"}, [{"more": "--memory 4GB"}]),
    Case(
        "--memory must be at least",
        netable,
        {"words": TRAIN, "more": "--memory 1MB"},
        [{"more": "--memory 1GB"}],
    ),
    Case(
        "write the table to a file first",
        with_workers,
        {"words": TRAIN.replace("t.csv", "-"), "more": "--workers 2"},
        [{"words": TRAIN}],
    ),
    Case(
        "was lost {} times",
        with_workers,
        {"words": f"{TRAIN} -o new --workers 2", "lost": True},
        [{"lost": False, "stopped": f"{TRAIN} -o new", "more": "--resume"}],
    ),
    Case(
        "leave out it or",
        netable,
        {"words": f"{TRAIN} --validation one.csv"},
        [{"words": TRAIN}, {"words": f"{TRAIN.replace('--folds 2', '')} --validation held/t.csv"}],
    ),
]


@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)


@pytest.mark.filterwarnings("ignore::UserWarning")  # all that is said
def test_advice__checkpoint_of_other_inputs__is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match=r"holds a run with different inputs: .* or remove the folder to start over"
    ):
        netable(f"{TRAIN} -o new --lr 0.01 --resume", stopped=f"{TRAIN} -o new")

    shutil.rmtree("new/checkpoint")
    terminal(f"{TRAIN} -o new --lr 0.01 --resume")
