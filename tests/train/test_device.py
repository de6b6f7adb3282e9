from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from netable.errors import ConfigError
from netable.train.device import find_device, find_precision, usable_cores


@pytest.fixture(autouse=True)
def _count_cores_anew() -> Iterator[None]:
    usable_cores.cache_clear()
    yield
    usable_cores.cache_clear()


@pytest.mark.parametrize(
    ("cuda", "mps", "found"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto__what_there_is__comes_in_order(
    cuda: bool, mps: bool, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    assert find_device("auto") == torch.device(found)


def test_cpu__by_name__is_found() -> None:
    assert find_device("cpu") == torch.device("cpu")


def test_cuda__index_beyond_the_last__is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    assert find_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(
        ConfigError, match=r"^device 'cuda:1' is not available on this machine; device='auto' takes"
    ):
        find_device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "mps", "meta"])
def test_device__not_here__says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    message = rf"^device '{name}' is not available on this machine; device='auto' takes what there is\.$"

    with pytest.raises(ConfigError, match=message):
        find_device(name)


def test_device__no_device_at_all__lists_the_forms() -> None:
    with pytest.raises(ConfigError, match=r"^device cannot be 'gpu': use auto, cpu, cuda, cuda:1 or mps\.$"):
        find_device("gpu")


def test_float64__any_device__is_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    for name in ("auto", "cuda"):
        assert find_device(name, torch.float64) == torch.device("cpu")


@pytest.mark.parametrize(("amx", "found"), [(True, "bfloat16"), (False, "float32")])
def test_precision__auto__is_what_the_processor_has_instructions_for(
    amx: bool, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)

    assert find_precision("auto") == found


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
@pytest.mark.parametrize("amx", [True, False])
def test_precision__by_name__is_kept(name: str, amx: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)

    assert find_precision(name) == name


def test_precision__torch_that_cannot_tell__is_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)

    assert find_precision("auto") == "float32"


def cores_with(quota: str | OSError, monkeypatch: pytest.MonkeyPatch) -> int:
    def read_text(path: Path, *_: object) -> str:
        assert str(path) == "/sys/fs/cgroup/cpu.max"
        if isinstance(quota, OSError):
            raise quota
        return quota

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", read_text)
        return usable_cores()


def test_usable_cores__this_machine__are_some_and_no_more_than_there_are() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("400000 100000\n", 4),
        ("250000 100000\n", 2),  # two and a half: three threads would be throttled
        ("50000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("max 100000\n", 16),
        ("", 16),
        (FileNotFoundError(), 16),
        (PermissionError(), 16),
    ],
)
def test_usable_cores__quota_of_the_control_group__is_respected(
    quota: str | OSError, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)

    assert cores_with(quota, monkeypatch) == cores


@pytest.mark.parametrize(("counted", "cores"), [(6, 6), (None, 1)])
def test_usable_cores__system_without_affinity__counts_them(
    counted: int | None, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)

    assert cores_with(FileNotFoundError(), monkeypatch) == cores
