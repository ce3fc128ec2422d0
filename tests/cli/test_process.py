"""The command line as a process: exit codes, Ctrl-C, a reader that goes away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("ratebound")
LONG = ("verify", "sgd_pl_constant", "--problem", "breast_cancer", "--steps", "200000", "--replicas", "4096")
SUITE = """
[[cells]]
theorems = ["sgd_pl_constant"]
problems = ["breast_cancer"]
steps = 200000
replicas = 4096
"""


def start(*arguments, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([COMMAND, *arguments], text=True, **pipes, **options)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--version",), 0),
        (("verify", "gd_pl", "--problem", "quadratic_2d", "--steps", "20"), 0),
        (("verify", "sgd_star_switch", "--problem", "quadratic_2d", "--step", "3/L", "--steps", "400"), 1),
        (("verify", "gd_pll"), 2),
        (("nonsense",), 2),
    ],
)
def test_exit_codes(arguments, code):
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "ratebound", "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ratebound ")


@pytest.mark.parametrize("arguments", [(*LONG, "--json", "found.json"), ("report", "long.toml", "-o", "out")])
def test_ctrl_c_leaves_nothing_behind(arguments, tmp_path):
    (tmp_path / "long.toml").write_text(SUITE, encoding="utf-8")
    with start(*arguments, cwd=tmp_path) as process:
        assert process.stderr.readline().startswith("verify 0/1")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; nothing was written" in said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["long.toml"]


def test_a_reader_that_goes_away():
    with start("prove", "gd_pl") as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_is_full():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "problems"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (2, "error: [Errno 28] No space left on device\n")


def test_a_terminal_that_knows_few_letters():
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [COMMAND, "list"], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0
    assert "?ojasiewicz" in done.stdout
