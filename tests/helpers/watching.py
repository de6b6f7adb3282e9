"""Watchers of fits, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netable.fit.members.watcher import Watcher


class Calls(Watcher):
    """Calls functions given by the names of a watcher's methods, with their first argument.

    >>> fit(table, settings, watchers=[Calls(on_epoch=epochs.append)])  # doctest: +SKIP
    """

    def __init__(self, **calls: Callable[[Any], Any]) -> None:
        for name, call in calls.items():
            setattr(self, name, lambda value, *_, call=call: call(value))
