"""Programs of their own, whose standard streams are not as they should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netable.cli.streams import is_utf8

NETABLE = [sys.executable, "-m", "netable"]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
# What a verb does that shows more than a pipe or a page holds.
SHOW = (
    "from netable.cli import app, main, output\n"
    "def show(*_, **__):\n"
    "    for _ in range(3000):\n"
    "        output.say('면' * 20)\n"
    "app.app = show\n"
    "main()\n"
)


def run_python(code: str, *more: str, **how: object) -> subprocess.CompletedProcess[str]:
    """A child of Python, and what it showed."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(
        [sys.executable, "-c", code, *more], check=False, **{"text": True, **streams, **how}
    )


@needs_full
@pytest.mark.bad_input(79)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output__onto_a_full_disk__is_one_line_and_code_2(unbuffered: str) -> None:
    with FULL.open("w") as full:
        ended = run_python(SHOW, stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})

    assert (ended.returncode, ended.stderr) == (
        2,
        "netable: Standard output cannot be written: No space left on device.\n",
    )


@pytest.mark.posix
def test_standard_output__closed__is_one_line_and_code_2() -> None:
    ended = run_python(SHOW, stdout=None, preexec_fn=lambda: os.close(1))

    assert (ended.returncode, ended.stderr) == (
        2,
        "netable: Standard output cannot be written: Bad file descriptor.\n",
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.posix
def test_standard_output__whose_reader_leaves__ends_without_a_word(unbuffered: str) -> None:
    running = subprocess.Popen(
        [*NETABLE, "train", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert running.stdout is not None
    running.stdout.close()
    _, err = running.communicate()

    assert (running.returncode, err) == (1, b"")


@pytest.mark.parametrize("how", ["closed", "full"])
@pytest.mark.posix
def test_standard_error__that_takes_nothing__leaves_the_exit_code_of_a_mistake(how: str) -> None:
    code = "from netable.cli import main; main()"
    if how == "closed":
        ended = run_python(code, "train", stderr=None, preexec_fn=lambda: os.close(2))
    elif FULL.exists():
        with FULL.open("w") as full:
            ended = run_python(code, "train", stderr=full)
    else:
        pytest.skip("no /dev/full here")

    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.posix
def test_streams__closed__give_their_numbers_to_no_file(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from netable.cli.streams import steady_streams\n"
        "steady_streams()\n"
        "from netable.system.files import write_atomically\n"
        "with write_atomically(sys.argv[1]) as file:\n"
        "    file.write(b'%d' % file.fileno())\n"
    )
    run_python(code, str(tmp_path / "a"), stdout=None, stderr=None, preexec_fn=lambda: os.closerange(0, 3))

    assert int((tmp_path / "a").read_text()) > 2


@pytest.mark.parametrize("encoding", ["latin-1:strict", "cp949:strict", "utf-8"])
def test_streams__any_encoding__show_every_letter_somehow(encoding: str) -> None:
    code = (
        "from netable.cli.streams import steady_streams\n"
        "from netable.cli.output import say, say_json, write_note\n"
        "steady_streams()\n"
        "say('면적 €'); say_json(['면적 €']); write_note('면적 €')\n"
    )
    how = {"text": False, "env": {**os.environ, "PYTHONIOENCODING": encoding}}
    ended = run_python(code, **how)
    name = encoding.partition(":")[0]

    assert ended.returncode == 0
    shown = "면적 €".encode(name, "backslashreplace").decode(name)
    assert ended.stdout.decode(name).splitlines()[0] == shown
    assert json.loads(ended.stdout.decode(name).split("\n", 1)[1]) == ["면적 €"]
    assert ended.stderr.decode(name).splitlines() == [shown]


def test_is_utf8__streams__are_told_by_their_encoding(tmp_path: Path) -> None:
    found = {}
    for name in ("utf-8", "UTF8", "latin-1", "cp949"):
        with (tmp_path / "a").open("w", encoding=name) as file:
            found[name] = is_utf8(file)

    assert found == {"utf-8": True, "UTF8": True, "latin-1": False, "cp949": False}


LISTENING = "import signal, sys, time\nfrom netable.cli.streams import handle_ctrl_c\n"


def test_ctrl_c__where_there_are_no_timers__interrupts_the_block_and_ends_what_comes_after() -> None:
    code = LISTENING + (
        "del signal.setitimer\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "with handle_ctrl_c():\n"
        "    try:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted')\n"
        "print(signal.getsignal(signal.SIGINT) is signal.SIG_DFL)\n"
    )

    assert run_python(code).stdout == "interrupted\nTrue\n"


@pytest.mark.bad_input(96)
def test_ctrl_c__while_a_module_is_imported__waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n")
    code = (
        f"{LISTENING}"
        "sys.path.insert(0, sys.argv[1])\n"
        "with handle_ctrl_c():\n"
        "    try:\n"
        "        import slow\n"
        "        time.sleep(20)\n"
        "    except KeyboardInterrupt:\n"
        "        print(sys.modules['slow'].whole)\n"
    )
    ended = run_python(code, str(tmp_path))

    assert (ended.stdout, ended.stderr) == ("True\n", "")


@pytest.mark.bad_input(96)
def test_ctrl_c__twice_while_a_module_is_imported__ends_at_once(tmp_path: Path) -> None:
    press = "signal.raise_signal(signal.SIGINT)\n"
    (tmp_path / "slow.py").write_text(f"import signal, time\n{press}{press}time.sleep(20)\n")
    code = (
        f"{LISTENING}sys.path.insert(0, sys.argv[1])\nwith handle_ctrl_c():\n    import slow\nprint('never')"
    )
    ended = run_python(code, str(tmp_path))

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.bad_input(96)
def test_ctrl_c__in_a_destructor__is_heard_after_it() -> None:
    code = (
        f"{LISTENING}"
        "class Deaf:\n"
        "    def __del__(self):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "with handle_ctrl_c():\n"
        "    try:\n"
        "        Deaf()\n"
        "        time.sleep(20)\n"
        "    except KeyboardInterrupt:\n"
        "        print('heard')\n"
    )
    ended = run_python(code)

    assert (ended.stdout, ended.stderr) == ("heard\n", "")


@pytest.mark.bad_input(96)
def test_ctrl_c__a_second_time__ends_what_the_first_one_began() -> None:
    code = (
        f"{LISTENING}"
        "with handle_ctrl_c():\n"
        "    try:\n"
        "        try:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "        except KeyboardInterrupt:\n"
        "            print('keeps the best')\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "            print('never')\n"
        "    except KeyboardInterrupt:\n"
        "        print('ends')\n"
        "sys.stdout.flush()\n"
        "signal.raise_signal(signal.SIGINT)\n"
        "print('never')\n"
    )
    ended = run_python(code)

    assert (ended.returncode, ended.stdout, ended.stderr) == (-2, "keeps the best\nends\n", "")
