"""Memory that knows what belongs to whom, what was written, and who may see it."""

import numpy as np

from ptx.faults import Fault, refuse
from ptx.races import Races

BASE, LOCAL, SHARED = 1 << 40, 2 << 32, 1 << 32
"""Where the addresses of buffers begin and, among addresses of all kinds, those of other memory."""
WORD = 4


def _words(offsets, size):
    """The words of bytes at offsets, those of all threads at a time."""
    return offsets // WORD + np.arange(-(-size // WORD))[:, None]


class Space:
    """Words that threads reach by offsets, in bytes.

    Parameters
    ----------
    size
        Bytes.
    races
        Who has read and written which word; None where no two threads can meet.
    initialised
        Whether all words may be read before they are written.
    """

    def __init__(self, size, races=None, initialised=False):
        self.words = np.zeros(-(-size // 16) * 4, np.uint32)
        self.written = None if initialised else np.zeros(self.words.size, bool)
        self.races = races

    def load(self, offsets, dtype, count, threads):
        """Return `count` arrays of numbers that lie side by side."""
        for place in _words(offsets, dtype.itemsize * count):
            if self.written is not None:
                refuse(~self.written[place], threads, "offset {} is read and was never written", offsets)
            if self.races is not None:
                self.races.read(place, threads)
        numbers = self.words.view(dtype)
        return [numbers[offsets // dtype.itemsize + i] for i in range(count)]

    def store(self, offsets, values, threads):
        """Write arrays of numbers side by side."""
        dtype = values[0].dtype
        for place in _words(offsets, dtype.itemsize * len(values)):
            if self.races is not None:
                self.races.write(place, threads)
            if self.written is not None:
                self.written[place] = True
        numbers = self.words.view(dtype)
        for i, each in enumerate(values):
            numbers[offsets // dtype.itemsize + i] = each


class Buffers(Space):
    """Global memory: buffers that lie far apart.

    Parameters
    ----------
    arrays
        The buffers, by name.
    fixed
        Names of those that the kernel must not write.
    clocks
        What threads know of each other.
    """

    def __init__(self, arrays, fixed, clocks):
        largest = max((each.nbytes for each in arrays.values()), default=0)
        # An index that runs out of a buffer by less than any buffer is long meets nobody.
        guard = -(-(largest + 256) // 256) * 256
        starts, at = {}, guard
        for name, each in arrays.items():
            starts[name] = at
            at += -(-each.nbytes // 256) * 256 + guard
        super().__init__(at, initialised=True)
        self._arrays, self._starts, self._names = arrays, starts, list(arrays)
        self._owner = np.full(self.words.size, -1)
        self._fixed = np.array([name in fixed for name in arrays])
        # Who meets whom is asked of words that may be written.
        self._slots, slots = np.full(self.words.size, -1), 0
        for number, (name, each) in enumerate(arrays.items()):
            first, size = starts[name] // WORD, -(-each.nbytes // WORD)
            self._owner[first : first + size] = number
            self.words.view(np.uint8)[starts[name] :][: each.nbytes] = np.ravel(each).view(np.uint8)
            if name not in fixed:
                self._slots[first : first + size] = slots + np.arange(size)
                slots += size
        self._met = Races(slots, clocks)

    def address(self, name):
        """The address of a buffer."""
        return BASE + self._starts[name]

    def fetch(self):
        """Copy what was written into the arrays."""
        for name, each in self._arrays.items():
            found = self.words.view(np.uint8)[self._starts[name] :][: each.nbytes]
            each[...] = found.view(each.dtype).reshape(each.shape)

    def offsets(self, addresses, bytes_each, threads):
        """Return where addresses lie, every one with all of its bytes in one buffer."""
        found = (addresses - np.uint64(BASE)).view(np.int64)
        last = found + (bytes_each - 1)
        outside = (found < 0) | (last >= WORD * self.words.size)
        owner = np.where(outside, -1, self._owner[np.where(outside, 0, found) // WORD])
        outside |= (owner < 0) | (owner != self._owner[np.where(outside, 0, last) // WORD])
        if outside.any():
            first = int(outside.argmax())
            near = min(self._starts, key=lambda name: abs(self._middle(name) - int(found[first])))
            raise Fault(
                f"{bytes_each} bytes at {int(found[first]) - self._starts[near]} of buffer {near}, which "
                f"has {self._arrays[near].nbytes}, are out of bounds",
                threads[first],
            )
        return found

    def _middle(self, name):
        return self._starts[name] + self._arrays[name].nbytes // 2

    def _tracked(self, offsets, bytes_each, threads):
        for place in _words(offsets, bytes_each):
            slots = self._slots[place]
            kept = slots >= 0
            yield slots[kept], threads[kept]

    def load(self, offsets, dtype, count, threads):
        """Return `count` arrays of numbers that lie side by side."""
        for slots, seen in self._tracked(offsets, dtype.itemsize * count, threads):
            if slots.size:
                self._met.read(slots, seen)
        return super().load(offsets, dtype, count, threads)

    def load_constant(self, offsets, threads):
        """Refuse to read, as what nobody writes, what somebody may write."""
        refuse(self._slots[offsets // WORD] >= 0, threads, "what may be written is read as a constant")

    def store(self, offsets, values, threads):
        """Write arrays of numbers side by side."""
        owner = self._owner[offsets // WORD]
        names = [self._names[number] for number in owner]
        refuse(self._fixed[owner], threads, "buffer {} is written, which is only to be read", names)
        for slots, seen in self._tracked(offsets, values[0].dtype.itemsize * len(values), threads):
            self._met.write(slots, seen)
        super().store(offsets, values, threads)
