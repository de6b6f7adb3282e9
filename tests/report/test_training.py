"""Labels of the layers whose gradients are drawn."""

from __future__ import annotations

from netable.report.training import _layers


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
