"""What is found by a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from ratebound.theory.errors import among

T = TypeVar("T")


class Named(Mapping[str, T], Generic[T]):
    """A read-only mapping from names, which knows what a wrong one may have meant.

    Parameters
    ----------
    what
        What it holds, such as ``"theorem"``.
    held
        Returns name -> what it is for; called at every look.
    """

    def __init__(self, what: str, held: Callable[[], Mapping[str, T]]) -> None:
        self._what, self._held = what, held

    def __getitem__(self, name: str) -> T:
        try:
            return self._held()[name]
        except KeyError:
            raise KeyError(self.unknown(name)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held())

    def __repr__(self) -> str:
        first = ", ".join(repr(name) for name in list(self)[:3])
        return f"<{len(self)} {self._what}s: {first}, ...>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def unknown(self, name: object) -> str:
        """Return what to say of a name that is not there."""
        listing = {"theorem": "`ratebound list`"}.get(self._what, f"`ratebound {self._what}s`")
        return f"unknown {self._what} {name!r}{among(name, self, listing)}"
