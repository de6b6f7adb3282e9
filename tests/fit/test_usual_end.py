from __future__ import annotations

import pytest

from netable.config.choices import WAVE_ENDS
from netable.fit.usual_end import usual_end


def test_usual_end__wave_that_brings_nothing__is_the_last():
    assert usual_end("coslog5", 0.2, waited=0.1) == WAVE_ENDS["coslog5"][2]
    assert usual_end("coslog5", 0.2, waited=0.01) > WAVE_ENDS["coslog5"][2]


@pytest.mark.parametrize("schedule", [*WAVE_ENDS, "cosine", "constant"])
def test_usual_end__any_time__lies_ahead(schedule):
    assert all(usual_end(schedule, t / 50) > t / 50 for t in range(50))
