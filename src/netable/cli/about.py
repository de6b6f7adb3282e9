"""`netable --version --verbose`: what a report of a bug needs to say about a machine."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import requires

from netable.system.machine import usable_cores, usable_memory, version_of

# Extras of those who develop netable.
_TOOLS = ("dev", "docs", "bench", "fuzz")
# Variables that change how many threads libraries start.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def about_this_machine() -> Iterator[tuple[str, str]]:
    """Names and values: versions, cores, memory and devices; no path and no name of a user."""
    yield "netable", version_of("netable") or "not installed"
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "platform", f"{platform.platform()}, {platform.machine()}"
    cores = usable_cores()
    yield "cores", f"{cores} usable of {os.cpu_count()}"
    memory = usable_memory()
    yield "memory", "unknown" if memory is None else f"{memory / 1e9:.1f} GB usable"
    yield from _devices()
    yield "output", f"{sys.stdout.encoding}, {'a terminal' if sys.stdout.isatty() else 'no terminal'}"
    yield from ((name, os.environ[name]) for name in _THREADS if name in os.environ)
    yield from ((name, version) for name in _packages() if (version := version_of(name)))


def _devices() -> Iterator[tuple[str, str]]:
    import torch

    from netable.compute.device import find_device, find_precision

    yield "device", str(find_device("auto"))
    yield "precision", find_precision("auto")
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        memory = torch.cuda.get_device_properties(index).total_memory
        yield f"cuda:{index}", f"{torch.cuda.get_device_name(index)}, {memory / 1e9:.1f} GB"


def _packages() -> list[str]:
    """The packages that netable and its extras ask for."""
    asked = (re.match(r"([\w.-]+).*?(?:extra == \W(\w+))?\W*$", line) for line in requires("netable") or ())
    named = {found[1].lower() for found in asked if found and found[2] not in _TOOLS}
    return sorted(named - {"netable"})  # which the extra `all` asks for
