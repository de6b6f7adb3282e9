"""Labels of the layers whose gradients are drawn, and settings of stacks."""

from __future__ import annotations

from netable.report.training import _layers, _settings


def test_layers__residual_blocks__are_numbered_through() -> None:
    names = [
        "input.table.weight",
        "body.first.weight",
        "body.blocks.0.maps.0.weight",
        "body.blocks.0.maps.1.weight",
    ]

    assert list(_layers([*names, "body.head.weight"]).values()) == [
        "input.table",
        "hidden layer 1",
        "hidden layer 2",
        "hidden layer 3",
        "output layer",
    ]


def test_layers__linear_model__has_an_output_layer_only() -> None:
    assert _layers(["body.head.weight"]) == {"body.head.weight": "output layer"}
    assert _layers([]) == {}


def test_settings__stacks__show_what_their_networks_read() -> None:
    network = {
        "model": "mlp",
        "hidden_layer_sizes": [32, 16],
        "activation": "relu",
        "dropout": 0.1,
        "weight": 0.75,
    }
    network |= {"weight_decay": 0.01}
    line, trees = (network | {"model": model, "weight": 0.25} for model in ("linear", "trees"))

    table = _settings([network, line, trees])

    shown = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    assert [row["Hidden layers"] for row in shown] == ["32, 16", "none", "none"]
    assert [row["Activation"] for row in shown] == ["relu", "none", "none"]
    assert [row["Dropout"] for row in shown] == [0.1, "none", "none"]
    assert [row["Weight decay"] for row in shown] == [0.01, 0.01, "none"]
    assert [row["Network"] for row in shown] == ["mlp", "linear", "trees"]
