"""The page of the words in which a theorem is stated and proved, from what the library defines."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from sympy import Add, S, Symbol

from ratebound.problems.losses import LOSSES
from ratebound.theory.assumptions import ASSUMPTIONS
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.exposition import latex
from ratebound.theory.inequality import Inequality
from ratebound.theory.measures import MEASURES
from ratebound.theory.methods import METHODS
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import CONSTANTS, MEANING, PARAMETERS

_ROLE = re.compile(":[a-z]+:`~?")
_LETTERS, _INEQUALITIES = "ratebound.theory.letters", "ratebound.theory.inequalities"


def vocabulary() -> str:
    """Return the text of the page."""
    letters = _homes("ratebound.theory.symbols", _LETTERS, kind=Symbol)
    inequalities = _homes("ratebound.theory.assumptions", _INEQUALITIES, kind=Inequality)
    parts = [
        "# The words of a theorem",
        "",
        "What `rb.Theorem` is stated and proved with; [from a claim to a certificate](../first-theorem.md)",
        "uses it step by step.",
        *_measures(),
        *_assumptions(),
        *_methods(),
        *_certificates(),
        *_letters("Parameters, which the user chooses", PARAMETERS, letters),
        *_letters("Constants, which a problem certifies", CONSTANTS, letters),
        *_letters(
            "Quantities of one step, about which proofs speak",
            [s for s in MEANING if s not in {*PARAMETERS, *CONSTANTS}],
            letters,
        ),
        *_inequalities(inequalities),
        *_losses(),
    ]
    return "\n".join([*parts, ""])


def _modules(*names: str) -> Iterable[ModuleType]:
    """Return these modules, and those in them if they are packages."""
    for name in names:
        module = import_module(name)
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            yield import_module(f"{name}.{found.name}")


def _homes(*names: str, kind: type) -> dict[object, tuple[str, str]]:
    """Return the module and the name of each object of a kind that these modules define or import."""
    found: dict[object, tuple[str, str]] = {}
    for module in _modules(*names):
        for name, value in vars(module).items():
            if isinstance(value, kind) and not name.startswith("_"):
                found.setdefault(value, (module.__name__, name))
    return found


def _table(heading: str, said: str, columns: str, rows: Iterable[Iterable[str]]) -> list[str]:
    titles = [each.strip() for each in columns.split("|")]
    lines = ["", f"## {heading}", "", said, "", f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    # A bar would end the cell.
    return [*lines, *(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)]


def _measures() -> list[str]:
    rows = ((f"`{name}`", f"${formula}$") for name, formula in MEASURES.items())
    said = "The `measure` of a theorem; means weigh with its `averaged_over`, which is 1 if it is not given."
    return _table("What is bounded", said, "name | what it is", rows)


def _assumptions() -> list[str]:
    used = Counter(each.name for theorem in THEOREMS.values() for each in theorem.assumptions)
    rows = (
        (f"`{a.name}`", a.title, ", ".join(f"`{c}`" for c in a.constants), str(used[a.name]))
        for a in ASSUMPTIONS.values()
    )
    said = (
        "The `assumptions` of a theorem: by name from `ratebound.theory.assumptions.ASSUMPTIONS`. A problem\n"
        "must certify what each needs; else the theorem is not applicable there."
    )
    return _table("Assumptions", said, "name | what it says | needs | theorems", rows)


def _methods() -> list[str]:
    used = _grouped(lambda theorem: theorem.method.name)
    rows = ((f"`{name}`", method.title, _example(used.get(name, []))) for name, method in METHODS.items())
    said = (
        "`rb.methods[name]`; a theorem's page prints the update. One more is a `Method` of your own\n"
        "(`ratebound.theory.method`)."
    )
    return _table("Methods", said, "name | method | theorems", rows)


def _certificates() -> list[str]:
    used = _grouped(lambda theorem: type(theorem.certificate))
    rows = (
        (f"`{kind.__name__}`", f"`{_short(kind.__module__)}`", _headline(kind), _example(ids))
        for kind, ids in sorted(used.items(), key=lambda item: -len(item[1]))
    )
    said = (
        "The `certificate` of a theorem: how a one-step claim and its multipliers become a bound for all k.\n"
        "The docstring of each says what it takes; modules are in `ratebound.theory`."
    )
    return _table("Certificates", said, "name | module | what it proves | theorems", rows)


def _letters(heading: str, symbols: Iterable[Symbol], homes: Mapping[object, tuple[str, str]]) -> list[str]:
    rows = []
    for symbol in symbols:
        module, name = homes[symbol]
        rows.append((f"`{name}`", f"`{_short(module)}`", f"${latex.tex(symbol)}$", MEANING.get(symbol, "")))
    return _table(
        heading, "Modules are in `ratebound.theory`.", "letter | module | set as | what it is", rows
    )


def _inequalities(homes: Mapping[object, tuple[str, str]]) -> list[str]:
    rows = [
        (f"`{name}`", f"`{_short(module)}`", _claim(each), ", ".join(sorted(each.requires)))
        for each, (module, name) in homes.items()
        if isinstance(each, Inequality)
    ]
    # A function makes one, for what is chosen.
    rows += [
        (f"`{name}({_parameters(maker)})`", f"`{_short(module.__name__)}`", _headline(maker), "")
        for module in _modules(_INEQUALITIES)
        for name, maker in vars(module).items()
        if not name.startswith("_")
        and getattr(maker, "__module__", "") == module.__name__
        and "Inequality" in getattr(maker, "__annotations__", {}).get("return", "")
    ]
    said = (
        "What multipliers multiply. Modules are in `ratebound.theory`; the last ones are functions and make\n"
        "an inequality for what you choose, such as the factor of Young's inequality."
    )
    return _table("Inequalities", said, "name | module | what it says | follows from", rows)


def _claim(each: Inequality) -> str:
    """Return ``slack >= 0`` with its negative terms on the left."""
    below, above = S.Zero, S.Zero
    for term in Add.make_args(each.slack):
        if term.could_extract_minus_sign():
            below -= term
        else:
            above += term
    return rf"${latex.tex(below)}\leq {latex.tex(above)}$"


def _losses() -> list[str]:
    rows = ((f"`{name}`", loss.title, f"${latex.tex(loss.phi)}$") for name, loss in LOSSES.items())
    said = (
        "The loss phi(z, y) of a sample, in its prediction z and its label y: by name, or a `Loss` of your\n"
        "own (`ratebound.problems.losses`)."
    )
    return _table("Losses", said, "name | loss | phi(z, y)", rows)


def _short(module: str) -> str:
    return module.removeprefix("ratebound.theory.")


def _headline(thing: object) -> str:
    """Return the first sentence of a docstring."""
    text = " ".join((thing.__doc__ or "").partition("\n\n")[0].split())
    return _ROLE.sub("`", text.replace("``", "`")).removesuffix(".").removeprefix("Return ")


def _parameters(maker: Callable[..., object]) -> str:
    return ", ".join(name for name in maker.__annotations__ if name != "return")


def _grouped(of: Callable[[Theorem], Any]) -> dict[Any, list[str]]:
    """Return the ids of the theorems by something of theirs."""
    found: dict[Any, list[str]] = {}
    for theorem in THEOREMS.values():
        found.setdefault(of(theorem), []).append(theorem.id)
    return found


def _example(ids: list[str]) -> str:
    """Return how many theorems there are, and the first."""
    return f"{len(ids)}, such as [{ids[0]}]({ids[0]}.md)" if ids else "0"
