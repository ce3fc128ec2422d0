"""Progress of long work: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from ratebound.commands.text import duration

Progress = Callable[[int, int, str], None]
_WORTH_SAYING = 5.0
"""Seconds."""


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Yield ``update(done, total, what)``, which shows how far the work has come.

    Parameters
    ----------
    title
        What is being done, in a word or two.
    """
    if not sys.stderr.isatty():
        remaining = _Remaining()
        yield lambda done, total, what: click.echo(
            f"{title} {done}/{total}: {what}{remaining.words(done, total)}", err=True
        )
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, what="")
        yield lambda done, total, what: bar.update(task, completed=done, total=total, what=what)


class _Remaining:
    """How long the rest may take, from the pace since the first report."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def words(self, done: int, total: int) -> str:
        """Return ``"; about 12.0 s left"``, or nothing where it is not known or not worth a word."""
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        before, started = self._first
        if done == before or done >= total:
            return ""
        left = (now - started) / (done - before) * (total - done)
        return f"; about {duration(left)} left" if left >= _WORTH_SAYING else ""
