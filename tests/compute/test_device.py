from __future__ import annotations

import pytest
import torch

from netable.compute.device import find_device, find_precision
from netable.errors import ConfigError


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


def set_processor(monkeypatch: pytest.MonkeyPatch, *, amx: bool, avx: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx, raising=False)


@pytest.mark.parametrize("amx", [True, False])
@pytest.mark.parametrize("avx", [True, False])
def test_precision__auto__is_what_the_processor_has_instructions_for(
    amx: bool, avx: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_processor(monkeypatch, amx=amx, avx=avx)

    assert find_precision("auto") == ("bfloat16" if amx or avx else "float32")


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
@pytest.mark.parametrize("amx", [True, False])
def test_precision__by_name__is_kept(name: str, amx: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    set_processor(monkeypatch, amx=amx, avx=amx)

    assert find_precision(name) == name


def test_precision__torch_that_cannot_tell__is_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, check, raising=False)

    assert find_precision("auto") == "float32"
