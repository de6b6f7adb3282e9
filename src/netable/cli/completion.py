"""`netable completion`: a script that lets a shell complete commands with Tab."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

# The options that Typer would add to the program are all that it has in public.
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from netable.cli.output import say

NAME = "netable"
# Holds what a shell asks for while it completes a line.
_QUESTION = "_NETABLE_COMPLETE"


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="SHELL", help="bash, zsh, fish, powershell."),
    ],
) -> None:
    """Print a script with which a shell completes verbs, options and their values.

    Examples:

        netable completion bash >> ~/.bashrc
        netable completion zsh > ~/.zfunc/_netable
        netable completion fish > ~/.config/fish/completions/netable.fish
    """
    say(get_completion_script(prog_name=NAME, complete_var=_QUESTION, shell=shell))


def prepare_answers() -> None:
    """Let Typer answer the shell if this program was started to complete a line."""
    if _QUESTION in os.environ:
        completion_init()
