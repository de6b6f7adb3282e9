"""The command line called in this process, and tables and models for it that are ready in a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import ON_DEAR, ON_PRICE, QUICK, Ended, trained
from netable.cli.app import run
from small import make_table


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ended]:
    """Call `netable` with these arguments in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> Ended:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "our mistake" not in err
        return Ended(code, out, err)

    return call


@pytest.fixture
def train(cli: Callable[..., Ended]) -> Callable[..., Path]:
    """Train in a moment; the run folder."""

    def call(*arguments: object, output: str = "run") -> Path:
        ended = cli("train", *QUICK, "-o", output, *arguments)
        assert ended.code == 0, ended.err
        return Path(output)

    return call


@pytest.fixture(scope="session")
def houses() -> pa.Table:
    """Numbers, categories, flags, dates, gaps, Korean; `price` to be predicted, or `dear` (yes or no)."""
    table = make_table().drop_columns(["rooms", "third"])
    return table.append_column("id", pa.array([f"h{row:03}" for row in range(len(table))]))


@pytest.fixture(scope="session")
def houses_csv(houses: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "houses.csv"
    pyarrow.csv.write_csv(houses, path)
    return path


@pytest.fixture(scope="session")
def classifier_run(houses_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder: is a house dear, yes or no?"""
    return trained(tmp_path_factory.mktemp("runs") / "dear", houses_csv, *ON_DEAR)


@pytest.fixture(scope="session")
def regression_run(houses_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder: what does a house cost?"""
    return trained(tmp_path_factory.mktemp("runs") / "price", houses_csv, *ON_PRICE)
