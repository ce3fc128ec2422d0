"""Who has touched which word, and whether the next one knows of it.

Threads learn of each other where barriers make memory visible: `bar.sync` and `bar.warp.sync`. A shuffle
exchanges registers; the programming guide promises no order of memory by it, and none is taken from it.
"""

import numpy as np

from ptx.faults import Fault, refuse


class Clocks:
    """What each thread knows of each: up to which of its barriers (vector clocks)."""

    def __init__(self, threads):
        self.known = np.eye(threads, dtype=np.int32)
        """[t, s] is how far thread t knows thread s; its own entry is its time."""

    def meet(self, threads):
        """Let threads know all that one of them knows."""
        self.known[threads] = self.known[threads].max(0)
        self.known[threads, threads] += 1

    def now(self, threads):
        """The times of threads."""
        return self.known[threads, threads]


class Races:
    """The last reads and writes of words."""

    def __init__(self, words, clocks, per_block=None):
        """`per_block` is the number of threads of a block, where only those of one block reach a word."""
        self._clocks, self._per_block = clocks, per_block
        self._readers = np.zeros((words, per_block or len(clocks.known)), np.int32)
        self._writer, self._written = np.full(words, -1), np.zeros(words, np.int32)

    def _after_writes(self, words, threads, what):
        writer = self._writer[words]
        unseen = (writer >= 0) & (writer != threads)
        unseen &= self._written[words] > self._clocks.known[threads, writer]
        refuse(
            unseen,
            threads,
            f"race: {what} what thread {{}} of the grid wrote, with no barrier between",
            writer,
        )

    def read(self, words, threads):
        """Threads read words."""
        self._after_writes(words, threads, "it reads")
        columns = threads % self._per_block if self._per_block else threads
        self._readers[words, columns] = self._clocks.now(threads)

    def write(self, words, threads):
        """Threads write words."""
        order = np.argsort(words, kind="stable")
        twice = np.flatnonzero(np.diff(words[order]) == 0)
        if twice.size:
            one, other = threads[order[twice[0]]], threads[order[twice[0] + 1]]
            raise Fault(f"race: thread {one} of the grid writes the same word at the same time", other)
        self._after_writes(words, threads, "it overwrites")
        known = self._clocks.known[threads]
        if self._per_block:
            first = threads // self._per_block * self._per_block
            columns, own = first[:, None] + np.arange(self._per_block), threads % self._per_block
            known = np.take_along_axis(known, columns, 1)
        else:
            own = threads
        unseen = self._readers[words] > known
        unseen[np.arange(threads.size), own] = False
        within = "block" if self._per_block else "grid"
        message = f"race: it overwrites what thread {{}} of its {within} read, with no barrier between"
        refuse(unseen.any(1), threads, message, unseen.argmax(1))
        self._writer[words], self._written[words] = threads, self._clocks.now(threads)
