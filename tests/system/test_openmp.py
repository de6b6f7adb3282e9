"""Threads of OpenMP that sleep while they wait."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

import netable
from netable.system.openmp import let_threads_sleep, sleeping_threads

NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


@pytest.fixture(autouse=True)
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of which torch is not a part yet, and whose user has set nothing."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def settings() -> dict[str, str]:
    return {name: os.environ[name] for name in NAMES if name in os.environ}


def test_let_threads_sleep__before_torch__sets_the_policy() -> None:
    let_threads_sleep()

    assert settings() == {"OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.parametrize("name", NAMES)
def test_let_threads_sleep__choice_of_the_user__is_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "7")

    with sleeping_threads():
        assert settings() == {name: "7"}

    assert settings() == {name: "7"}


def test_let_threads_sleep__after_torch__sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", netable)

    let_threads_sleep()

    assert settings() == {}


def test_public_name__first_use__is_imported_with_the_policy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def import_module(name: str) -> SimpleNamespace:
        seen.append(settings())
        return SimpleNamespace(load=name)

    monkeypatch.setattr(netable, "import_module", import_module)

    assert netable.load == "netable.model.file"
    assert seen == [{"OMP_WAIT_POLICY": "PASSIVE"}]
    assert settings() == {}
