"""Ways to corrupt a theorem. Each yields conjectures; what the constructor refuses is killed statically."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sympy import Add, Expr, Integer, Rational, expand, sqrt
from sympy.polys.polyerrors import PolynomialError

from ratebound.theory import symbols as s
from ratebound.theory.errors import RateboundError
from ratebound.theory.statement import Theorem

NOISE = (s.second_moment, s.variance_bound, s.sigma_star_sq, s.sigma_b_sq, s.component_gap, s.error_sq)
HIGH, LOW = (s.L, s.L_max, s.ell), (s.mu, s.mu_pl)
HALF, TENTH, HUNDREDTH = Rational(1, 2), Rational(1, 10), Rational(99, 100)


@dataclass(frozen=True)
class Mutant:
    """A corrupted theorem.

    Parameters
    ----------
    parent, kind, change
        The theorem, the class of the mutation, and what was changed, in words.
    theorem
        The conjecture; None if its construction was refused.
    refusal
        Why it was refused.
    factor
        The factor on the whole bound, where that is all that was changed.
    """

    parent: Theorem
    kind: str
    change: str
    theorem: Theorem | None
    refusal: str = ""
    factor: float | None = None

    @property
    def name(self) -> str:
        return f"{self.parent.id}: {self.change}"


def _mutant(
    parent: Theorem, kind: str, change: str, factor: float | None = None, **fields: object
) -> Mutant | None:
    try:
        made = replace(parent, certificate=None, **fields)  # type: ignore[arg-type]
    except RateboundError as refusal:
        return Mutant(parent, kind, change, None, str(refusal))
    except PolynomialError:
        # The algebra system gives up on the units of some logarithms: no conjecture, and no kill either.
        return None
    return Mutant(parent, kind, change, made, factor=factor)


def constants(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    for factor in (HALF, TENTH, *([HUNDREDTH] if tight else [])):
        yield _mutant(t, "constant", f"bound x {float(factor):g}", float(factor), bound=factor * t.bound)
    if t.equality:
        yield _mutant(t, "constant", "bound x 2", 2.0, bound=2 * t.bound)


def exponents(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    counter = s.K if t.bound.has(s.K) else s.k
    if not t.bound.has(counter):
        return
    for words, value in (
        ("2 k", 2 * counter),
        ("k + 1", counter + 1),
        ("k^2", counter**2),
    ):
        yield _mutant(t, "exponent", f"k -> {words}", bound=t.bound.subs(counter, value))
    if t.bound.has(sqrt(counter)):
        yield _mutant(t, "exponent", "sqrt(k) -> k", bound=t.bound.subs(sqrt(counter), counter))


def swaps(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    used = t.bound.free_symbols
    for low in LOW:
        for high in HIGH:
            if {low, high} <= used:
                swapped = t.bound.xreplace({low: high, high: low})
                yield _mutant(t, "swap", f"{low} <-> {high}", bound=swapped)
    for one, other in ((s.L_max, s.L_mean), (s.ell, s.L), (s.L_max, s.L), (s.L, s.mu), (s.L, s.mu_pl)):
        names = {name for each in t.assumptions for name in each.constants}
        if one in used and (other.name in names or other in (s.L_mean, s.L)):
            yield _mutant(t, "swap", f"{one} -> {other}", bound=t.bound.xreplace({one: other}))


def terms(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    parts = Add.make_args(t.bound if isinstance(t.bound, Add) else expand(t.bound, log=False))
    if len(parts) < 2:
        return
    for part in parts:
        rest = Add(*(p for p in parts if p is not part))
        if part.could_extract_minus_sign():
            # A term that is subtracted is progress: claim more of it.
            yield _mutant(t, "term", f"term {part} doubled", bound=rest + 2 * part)
            continue
        yield _mutant(t, "term", f"term {part} missing", bound=rest)
        yield _mutant(t, "term", f"term {part} x 0.5", bound=rest + HALF * part)
        yield _mutant(t, "term", f"term {part} x 0.1", bound=rest + TENTH * part)


def unit_errors(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    changes: list[tuple[str, dict[Expr, Expr]]] = [(f"{n} -> sqrt({n})", {n: sqrt(n)}) for n in NOISE]
    changes += [("D^2 -> D", {s.D: sqrt(s.D)}), ("gap0 -> sqrt(gap0)", {s.gap0: sqrt(s.gap0)})]
    changes += [(f"{c} -> 1", {c: Integer(1)}) for c in (*HIGH, *LOW)]
    for words, change in changes:
        if set(change) & t.bound.free_symbols:
            yield _mutant(t, "units", words, bound=t.bound.xreplace(change))


def ranges(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    for factor in (Rational(3, 2), Integer(2), Integer(4)):
        wider = tuple(type(r)(r.lhs, factor * r.rhs) for r in t.where)
        if wider:
            yield _mutant(t, "range", f"range x {float(factor):g}", where=wider)


def schedules(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    if t.measure in ("batch_variance",):
        return
    for factor in (HALF, Integer(2), Integer(4)):
        yield _mutant(t, "schedule", f"step x {float(factor):g}", step=factor * t.step)


def averages(t: Theorem, tight: bool) -> Iterator[Mutant | None]:
    last = {"gap_average": "gap_last", "gap_mean": "gap_last", "grad_norm_sq_mean": "grad_norm_sq_last"}
    last |= {"grad_norm_sq_best": "grad_norm_sq_last", "gap_best": "gap_last"}
    if t.measure in last:
        yield _mutant(t, "average", f"{t.measure} -> {last[t.measure]}", measure=last[t.measure])
    if t.averaged_over is not None and t.weights != 1:
        yield _mutant(t, "average", "equal weights", weights=Integer(1))


OPERATORS: tuple[Callable[[Theorem, bool], Iterator[Mutant | None]], ...] = (
    constants,
    exponents,
    swaps,
    terms,
    unit_errors,
    ranges,
    schedules,
    averages,
)


def mutants_of(theorem: Theorem, tight: bool) -> list[Mutant]:
    """Every mutant of a theorem that differs from it and from the others."""
    found: list[Mutant] = []
    seen = {_key(theorem)}
    for operator in OPERATORS:
        for mutant in filter(None, operator(theorem, tight)):
            if mutant.theorem is not None:
                key = _key(mutant.theorem)
                if key in seen:
                    continue
                seen.add(key)
            found.append(mutant)
    return found


def _key(t: Theorem) -> tuple[object, ...]:
    return t.bound, t.step, t.where, t.measure, t.weights
