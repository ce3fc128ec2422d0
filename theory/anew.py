"""How frozen dataclasses that hold read-only mappings are pickled: they are built anew from their fields."""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType
from typing import Any


def anew(instance: Any) -> tuple[Any, ...]:
    """Return what ``__reduce__`` of a dataclass returns; a mapping proxy itself cannot be pickled."""
    values = {each.name: getattr(instance, each.name) for each in fields(instance) if each.init}
    plain = {name: dict(v) if isinstance(v, MappingProxyType) else v for name, v in values.items()}
    return _built, (type(instance), plain)


def _built(kind: type, values: dict[str, Any]) -> Any:
    return kind(**values)
