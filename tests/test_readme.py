"""What README.md shows works: its Python blocks, its commands at the terminal, its links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from netable.cli.app import run
from pages import ROOT, Page
from small import make_table

README = Page("README.md")
COMMANDS = [typed.command for typed in README.typed()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables that README.md names."""
    folder = tmp_path_factory.mktemp("readme")
    table = make_table().drop_columns(["rooms", "dear", "third"])
    table = table.append_column("id", pa.array([f"h{row}" for row in range(len(table))]))
    price = pc.add(table["price"], 20.0)  # none below 0
    table = table.set_column(table.column_names.index("price"), "price", price)
    pyarrow.csv.write_csv(table, folder / "houses.csv")
    pyarrow.csv.write_csv(table, folder / "sold.csv")
    pyarrow.csv.write_csv(table.drop_columns(["price"]), folder / "new.csv")
    visits = pc.floor(pc.abs(table["age"]))
    pyarrow.csv.write_csv(table.append_column("visits", visits), folder / "shop.csv")
    return folder


@pytest.fixture(scope="module")
def codes(folder: Path) -> dict[str, int]:
    """How each command ended, typed one after the other in that folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return {command: run(shlex.split(command)[1:]) for command in COMMANDS}


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_commands__are_of_netable():
    assert len(COMMANDS) == 15
    assert all(command.startswith("netable ") for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands__as_typed__work(command, codes):
    assert codes[command] == 0


@pytest.mark.usefixtures("codes")
def test_commands__leave_what_they_say():
    assert {file.name for file in Path("runs/houses").iterdir()} == {
        "model.netable",
        "metrics.json",
        "identity.json",
        "history.csv",
        "predictions.parquet",
        "config.yaml",
        "report.html",
        "report-sold.html",
    }
    assert pyarrow.csv.read_csv("out.csv").column_names == ["id", "prediction"]
    assert pyarrow.csv.read_csv("ends.csv").column_names == ["prediction", "lower", "upper"]


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("block", README.blocks("python"), ids=lambda block: block.splitlines()[0])
def test_python__of_a_block__runs(block):
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("target", re.findall(r"make ([a-z-]+)", "\n".join(README.blocks("sh"))))
def test_make__targets__are_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("link", README.links())
def test_links__lead_to_files(link):
    assert (ROOT / link).exists()
