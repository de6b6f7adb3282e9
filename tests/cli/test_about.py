from __future__ import annotations

import getpass
from pathlib import Path

import pytest
import torch

from netable.cli import about
from netable.system.machine import usable_cores, version_of


def test_version__verbose__is_all_that_a_report_needs(cli, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    ended = cli("--version", "--verbose")
    lines = ended.out.splitlines()
    said = dict(line.split(maxsplit=1) for line in lines)

    assert ended.code == 0
    assert len(said) == len(lines)  # each name stands once
    assert len({line.rindex("  ") for line in lines}) == 1  # values are aligned, however long a name is
    assert said["netable"] == version_of("netable")
    assert said["torch"] == torch.__version__
    assert said["cores"].startswith(f"{usable_cores()} usable of ")
    assert {"python", "platform", "memory", "device", "precision", "scikit-learn"} <= said.keys()
    assert said["OMP_NUM_THREADS"] == "1"
    assert not {"pytest", "mypy", "mkdocs-material"} & said.keys()
    assert str(Path.home()) not in ended.out
    assert f" {getpass.getuser()} " not in ended.out


def test_devices__cuda__are_named_with_their_memory(monkeypatch: pytest.MonkeyPatch):
    class Properties:
        total_memory = 80e9

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda index: f"Card {index}")
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda index: Properties)

    assert dict(about._devices())["cuda:0"] == "Card 0, 80.0 GB"


def test_packages__of_extras__are_those_of_users(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        about,
        "requires",
        lambda _: ["torch>=2.6", 'onnx>=1.17; extra == "export"', "pytest>=8; extra == 'dev'", "a[b]>=1"],
    )

    assert about._packages() == ["a", "onnx", "torch"]
