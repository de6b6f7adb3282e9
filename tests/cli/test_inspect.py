from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from netable import NetRegressor


def test_inspect__classifier__shows_columns_layers_and_figures(cli, classifier_run):
    ended = cli("inspect", classifier_run / "model.netable")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[:12] == [
        "binary: dear",
        "classes: no, yes",
        "",
        "  column  kind",
        "  size    number",
        "  age     number",
        "  도시    category    3 levels",
        "  garden  flag",
        "  sold    date",
        "  price   number      left out: ignored, as asked",
        "  id      identifier  left out: looks like an identifier",
        "",
    ]
    for text in (
        "hidden, relu",
        "output, sigmoid",
        "2 networks, ",
        "out of fold",
        "120 rows, 2 epochs, seed 0",
    ):
        assert text in ended.out


def test_inspect__json__has_the_same(cli, classifier_run):
    found = json.loads(cli("inspect", classifier_run / "model.netable", "--json").out)

    assert found["task"] == "binary"
    assert found["columns"][-1] == {
        "name": "id",
        "kind": "identifier",
        "left_out": "looks like an identifier",
    }
    assert [layer["what"] for layer in found["layers"]] == ["input", "hidden, relu", "output, sigmoid"]
    assert found["members"] == 2
    assert found["config"]["hidden_layer_sizes"] == [8]
    assert found["versions"]["netable"] == "0.1.0"


@pytest.mark.parametrize(
    ("arguments", "layers"),
    [
        (["--target", "price", "--model", "linear"], ["output"]),
        (["--target", "price", "--hidden-layer-sizes", "4,3"], ["hidden, relu", "hidden, relu", "output"]),
        (["--target", "도시"], ["hidden, relu", "output, softmax"]),
        (["--target", "price", "--model", "trees"], ["trees", "output"]),
    ],
)
def test_inspect__layers__are_those_of_the_network(cli, train, houses, arguments, layers):
    pyarrow.parquet.write_table(houses.filter(houses["도시"].is_valid()), "t.parquet")
    folder = train("t.parquet", *arguments)

    found = json.loads(cli("inspect", folder / "model.netable", "--json").out)

    assert [layer["what"] for layer in found["layers"]] == ["input", *layers]
    assert cli("inspect", folder / "model.netable").code == 0


def test_inspect__model_without_figures__says_what_there_is(cli, tmp_path):
    NetRegressor().partial_fit([[0.0], [1.0]], [0.0, 1.0]).save(tmp_path / "m.netable")

    ended = cli("inspect", "m.netable")

    assert ended.code == 0
    assert "2 rows, 1 epoch, seed 0" in ended.out
    assert cli("inspect", "m.netable", "--json").code == 0


def test_inspect__model_whose_first_byte_is_that_of_a_pickle__is_read(cli, classifier_run):
    content = (classifier_run / "model.netable").read_bytes()
    length = int.from_bytes(content[:8], "little")
    padding = -(length + 128) % 256
    header = content[8 : 8 + length] + b" " * padding
    content = len(header).to_bytes(8, "little") + header + content[8 + length : -32]
    Path("m.netable").write_bytes(content + hashlib.sha256(content).digest())

    assert content[:1] == b"\x80"
    assert cli("inspect", "m.netable").code == 0
