"""The commands and programs in README.md and docs/ run as they stand there."""

import re
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner
from house import ROOT, name

from ratebound.cli import cli

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TEST_FILE = re.compile(r"# (test_\w+\.py)\n")


def blocks(page, language):
    found = FENCED.findall(page.read_text(encoding="utf-8"))
    return [text for kind, text in found if kind == language]


def run(arguments, folder):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


COMMANDS = [
    pytest.param(line, id=f"{name(page)}: {line}")
    for page in PAGES
    for text in blocks(page, "bash")
    for line in text.splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_run(line, tmp_path, monkeypatch):
    # In this process, which has compiled much already; tests/cli/test_process.py starts the program itself.
    program, *arguments = shlex.split(line, comments=True)
    assert program == "ratebound"
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, f"{line}\n{done.output}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_programs_run(page, tmp_path):
    # The blocks of a page are one program, in order; a block that names a test file is that file.
    program = []
    for text in blocks(page, "python"):
        named = TEST_FILE.match(text)
        if named:
            (tmp_path / named[1]).write_text(text, encoding="utf-8")
        else:
            program.append(text)
    if program:
        (tmp_path / "program.py").write_text("\n".join(program), encoding="utf-8")
        run([sys.executable, "-W", "error", "program.py"], tmp_path)
    if any(tmp_path.glob("test_*.py")):
        run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."], tmp_path)


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("C*.md")], ids=name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
