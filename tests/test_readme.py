"""README.md and the pages it leads to work as shown: Python blocks, commands, links, headings."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from c_code import needs_gcc
from netable.cli.app import run
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from page_reader import undrawn
from pages import ROOT, Page
from processes import SECONDS
from serving import process
from small import make_table

RUN = [
    Page(path)
    for path in ("README.md", "docs/terminal.md", "docs/estimators.md", "docs/pytorch.md", "docs/deploy.md")
]
COMMANDS = list(dict.fromkeys(typed.command for page in RUN for typed in page.typed()))
ALL = [Page(path.relative_to(ROOT).as_posix()) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables that the pages name."""
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


@pytest.fixture(scope="module", autouse=True)
def _short_fits() -> Iterator[None]:
    """No training is longer than two epochs, nor has more than two folds."""

    def short_fit(table: pa.Table, config: Settings, **options: Any) -> Model:
        return fit(table, replace(config, max_epochs=2, folds=2), **options)

    with pytest.MonkeyPatch.context() as patch:
        for module in ("netable.fit.fit", "netable.comparison.methods", "netable.estimators.base"):
            patch.setattr(f"{module}.fit", short_fit)
        yield


@pytest.fixture(scope="module")
def codes(folder: Path) -> dict[str, int]:
    """The exit code of each command, run one after the other in that folder."""
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return {command: run(shlex.split(command)[1:]) for command in COMMANDS}


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_commands__are_of_netable():
    assert len(COMMANDS) == 24
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
    assert pyarrow.csv.read_csv("bounds.csv").column_names == ["prediction", "lower", "upper"]


@pytest.mark.usefixtures("codes", "closed_figures")
@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")  # MLflow warns of itself
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.path)
def test_python__blocks_of_a_page__run_in_order(page):
    names: dict[str, object] = {}
    for block in page.blocks("python"):
        for optional in ("mlflow", "optuna"):
            if optional in block:
                pytest.importorskip(optional)
        exec(compile(block, page.path, "exec"), names)


@needs_gcc
@pytest.mark.usefixtures("codes")
def test_c__program_of_a_page__is_compiled_and_predicts():
    (page,) = (page for page in RUN if page.path == "docs/deploy.md")
    (program,) = page.blocks("c")
    Path("main.c").write_text(program)
    blocks = [block.splitlines() for block in page.blocks("sh") if "gcc" in block]
    assert len(blocks) == 2
    for block in blocks:
        assert {line for line in block if line.startswith("netable ")} <= {*COMMANDS}
        *_, last = (
            subprocess.run(shlex.split(line), check=True, capture_output=True, text=True)
            for line in block
            if line.startswith(("gcc ", "./"))
        )
        prediction, lower, upper = map(float, re.findall(r"[\d.]+", last.stdout))
        assert lower < prediction < upper


def test_make__targets__exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"`make ([a-z-]+)", RUN[0].text)

    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.path)
def test_links__lead_to_files_and_headings(page):
    assert [link for link in page.links() if not link.startswith("http") and not leads(page, link)] == []


def leads(page, link) -> bool:
    """A link leads to a file, and to a heading in it."""
    path, _, heading = link.partition("#")
    target = (ROOT / page.path).parent / path if path else ROOT / page.path
    return target.exists() and (
        not heading or heading in Page(target.resolve().relative_to(ROOT).as_posix()).headings()
    )


@pytest.mark.usefixtures("codes")
def test_service__commands_of_a_page__answer():
    (page,) = (page for page in RUN if page.path == "docs/deploy.md")
    (block,) = (block for block in page.blocks("sh") if "train" in block and "serve" in block)
    _, train, serve, ask = block.strip().splitlines()
    assert train in COMMANDS
    assert serve == "netable serve runs/houses/model.netable &"
    *curl, body = shlex.split(ask)
    assert curl == ["curl", "-s", "localhost:8000/predict", "-H", "Content-Type: application/json", "-d"]
    with process("runs/houses/model.netable") as (_, address):
        request = Request(f"{address}/predict", body.encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=SECONDS) as told:
            assert len(json.loads(told.read())["predictions"]) == 1
