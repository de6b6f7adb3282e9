"""Write the man page `packaging/netable.1` from the help of the terminal: `python packaging/make_man_page.py`."""

from pathlib import Path
from typing import Any

import typer

from netable.cli.app import app

PAGE = Path(__file__).with_name("netable.1")
SEE = "https://netable.github.io/netable/"


def man_page() -> str:
    """The page in the macros of man."""
    program = typer.main.get_command(app)
    about = paragraphs(program.help)
    name = about[0][0].partition(":")[0]
    lines = [
        '.TH NETABLE 1 "" "netable" "User Commands"',
        ".SH NAME",
        f"netable \\- {escaped(name[0].lower() + name[1:])}",
        ".SH SYNOPSIS",
        ".B netable",
        "[\\fIOPTION\\fR] \\fIVERB\\fR [\\fIARGUMENT\\fR \\.\\.\\.]",
        ".SH DESCRIPTION",
        *text(about),
        ".SH OPTIONS",
        *options(program),
        ".SH VERBS",
    ]
    for name, verb in program.commands.items():
        lines += [f".SS netable {name}", *text(paragraphs(verb.help)), *options(verb)]
    lines += [
        ".SH EXIT STATUS",
        "0 on success, 2 on a mistake in the arguments or the data, 130 after Ctrl\\-C, 1 on an error of netable.",
        ".SH SEE ALSO",
        escaped(SEE),
    ]
    return "\n".join(lines) + "\n"


def paragraphs(help_: str) -> list[list[str]]:
    """The lines of each paragraph; Click's marks of what is not to be wrapped are left out."""
    return [part.splitlines() for part in help_.replace("\b\n", "").strip("\n").split("\n\n")]


def text(parts: list[list[str]]) -> list[str]:
    """Paragraphs, those that are indented as they are."""
    lines = []
    for part in parts:
        is_example = part[0].startswith(" ")
        body = [escaped(line.strip()) for line in part]
        lines += [".PP", ".nf", ".RS", *body, ".RE", ".fi"] if is_example else [".PP", *body]
    return lines


def options(command: Any) -> list[str]:
    """Arguments and options, each with its help."""
    lines = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "argument":
            name = f"\\fI{escaped(parameter.metavar or parameter.name.upper())}\\fR"
        else:
            names = [*parameter.opts, *parameter.secondary_opts]
            name = ", ".join(f"\\fB{escaped(each)}\\fR" for each in names)
            name += "" if parameter.is_flag else f" \\fI{escaped(parameter.metavar or 'TEXT')}\\fR"
        has_default = parameter.show_default and parameter.default not in (None, True, False)
        default = f" (default: {parameter.default})" if has_default else ""
        lines += [".TP", name, escaped(" ".join(f"{parameter.help or ''}{default}".split()))]
    return lines


def escaped(line: str) -> str:
    """A line in which nothing is an instruction to roff."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    line = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in line)
    return f"\\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    PAGE.write_text(man_page(), encoding="utf-8")
