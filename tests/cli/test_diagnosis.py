"""The doctor's verdicts in the words of the terminal."""

from __future__ import annotations

import json

from cli_runs import ON_PRICE, QUICK
from netable.cli.output import say_diagnosis

SICK = (*ON_PRICE, *QUICK, "--model", "mlp", "--optimizer", "adamw", "--lr", "30", "--max-epochs", "6")


def test_train__rate_far_too_high__is_noted_at_once_and_explained_at_the_end(cli, houses_csv):
    ended = cli("train", houses_csv, *SICK, "-o", "run")

    notes = [line for line in ended.err.splitlines() if "training loss" in line]
    assert len(notes) == 1
    assert notes[0].startswith("note: In epoch ")
    assert notes[0].endswith(" Try --lr 0.009, the default; or --clip-norm 1.")
    lines = ended.out.splitlines()
    place = next(i for i, line in enumerate(lines) if "the training loss was" in line)
    assert lines[place].startswith(("warning: ", "serious: "))
    assert max(map(len, lines)) < 80
    assert lines[place + 2].startswith("  why: Steps that are too large")
    assert "  try: --lr 0.009, the default; or --clip-norm 1." in lines
    assert not lines.count("The doctor found nothing wrong.")
    assert lines[place] in cli("inspect", "run/model.netable").out


def test_train__json__has_the_diagnosis_as_settings(cli, houses_csv):
    told = json.loads(cli("train", houses_csv, *SICK, "-o", "run", "--json").out)

    [verdict] = [verdict for verdict in told["diagnosis"] if verdict["id"] == "lr_too_high"]
    assert list(verdict) == ["id", "severity", "seen", "why", "try"]
    assert verdict["try"] == "lr=0.009, the default; or clip_norm=1."


def test_say_diagnosis__nothing_found__says_so(capsys):
    say_diagnosis([])
    assert capsys.readouterr().out == "\nThe doctor found nothing wrong.\n"


def test_say_diagnosis__parts_without_time__are_named(capsys):
    say_diagnosis([], ["the linear reference", "report.html"])

    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "note: the time limit left no time for the linear reference and report.html"
