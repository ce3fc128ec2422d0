"""The command line. Commands load lazily and import nothing heavy before they run."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

import click

from ratebound.theory.errors import RateboundError, nearest

CONTRADICTION = 1
BAD_INPUT = 2
INTERRUPTED = 130
_BROKEN_PIPE = 141
_COMMANDS = MappingProxyType(
    {
        "list": ("catalogue", "list_theorems"),
        "show": ("catalogue", "show"),
        "methods": ("catalogue", "methods"),
        "problems": ("catalogue", "problems"),
        "prove": ("prove", "prove"),
        "verify": ("verify", "verify"),
        "compare": ("compare", "compare"),
        "simulate": ("simulate", "simulate"),
        "attack": ("attack", "attack"),
        "explore": ("explore", "explore"),
        "finder": ("finder", "finder"),
        "schedules": ("schedules", "schedules"),
        "sweep": ("sweep", "sweep"),
        "report": ("report", "report"),
        "bench": ("bench", "bench"),
    }
)
"""Command -> its module in :mod:`ratebound.commands`, and its name there; in the order of the help."""


class _Commands(click.Group):
    """Loads a command when it is asked for, and turns errors into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"ratebound.commands.{module}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(
                f"no command {args[0]!r}{nearest(args[0], _COMMANDS)} (commands: {', '.join(_COMMANDS)})"
            )
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            return super().parse_args(ctx, args)  # Shows the help.
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _refuse(ctx, error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _refuse(ctx, error)
        except RateboundError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(CONTRADICTION if _is_contradiction(error) else BAD_INPUT)
        except MemoryError:
            click.echo("error: not enough memory; ask for fewer --replicas or --steps", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing was written", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The reader is gone (`ratebound list | head`).
            _drop_output()
            ctx.exit(_BROKEN_PIPE)
        except OSError as error:
            if error.filename is None:  # Such as a full disk behind `ratebound list > file`.
                _drop_output()
            click.echo(f"error: {error}", err=True)
            ctx.exit(BAD_INPUT)


def _refuse(ctx: click.Context, error: click.UsageError) -> NoReturn:
    """Say in one line what is wrong with a call, and where its usage is told, instead of click's four."""
    message = " ".join(error.format_message().split()).rstrip(".").replace("'. (", "' (")
    command = f"{ctx.command_path} {ctx.invoked_subcommand or ''}".rstrip()
    click.echo(f"error: {message[0].lower()}{message[1:]}; see `{command} --help`", err=True)
    ctx.exit(BAD_INPUT)


def _drop_output() -> None:
    """Send what is still to be written nowhere: nothing more can be written, also not at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_contradiction(error: RateboundError) -> bool:
    """Whether two kinds of evidence contradict each other: nobody's input is wrong, something is violated."""
    judged = sys.modules.get("ratebound.experiments.verdict")
    return judged is not None and isinstance(error, judged.HarnessError)


@click.group("ratebound", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ratebound", prog_name="ratebound")
def cli() -> None:
    """Convergence theorems: list them, prove them, run them on real data, judge them.

    Exit codes: 0 everything asked for holds (or does not apply, and says why); 1 something is violated;
    2 wrong usage or bad input; 3 undecided, with --strict; 130 interrupted.
    """


def main(prog_name: str | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot print a letter shows a question mark instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    logging.basicConfig(format="%(message)s")
    logging.getLogger("ratebound").setLevel(logging.INFO)
    cli(prog_name=prog_name)
