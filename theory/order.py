"""Rate order and iteration complexity, derived from a bound by SymPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from sympy import (
    Add,
    Dummy,
    Expr,
    Integer,
    Max,
    Mul,
    Pow,
    Rational,
    Symbol,
    exp,
    latex,
    limit,
    log,
    oo,
    simplify,
    solve,
    symbols,
)
from sympy.functions.elementary.integers import RoundFunction

from ratebound.theory.algebra.leading import leading
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import K, k

eps = Symbol("epsilon", positive=True)
"""The accuracy that is asked for."""

_POWERS = (
    *(Rational(1, 4), Rational(1, 3), Rational(1, 2), Rational(2, 3), Integer(1)),
    *(Rational(4, 3), Rational(3, 2), Integer(2), Integer(3), Integer(4)),
)
_LOGS = (0, 1, 2)
_NAMELESS = "the rate of {} has no name among powers and logarithms of k"
_t = Symbol("t", positive=True)


@dataclass(frozen=True)
class Order:
    """How a bound decays.

    Parameters
    ----------
    kind
        ``"linear"``: like rho^k. ``"power"``: like log(k)^q / k^p. ``"floor"``: down to a positive floor.
        It may rise: the bound falls first, and then grows like a power of log k.
        ``"superlinear"``: like (c/k)^k. ``"quadratic"``: like rho^(2^k). ``"one step"``: not a function of k.
    exponent
        p, also of the part above a floor; None for geometric decay.
    log_power
        q.
    rise
        The power of log k with which a floor rises; zero for a constant floor.
    """

    kind: Literal["linear", "superlinear", "quadratic", "power", "floor", "one step"]
    exponent: Expr | None = None
    log_power: int = 0
    rise: int = 0

    @property
    def text(self) -> str:
        """The order in plain text, such as ``O(log k / sqrt k)``."""
        floor = " to a floor" if self.kind == "floor" else ""
        return f"O({self._decay('k')}){floor}" + (f" that rises like {_logs(self.rise)}" if self.rise else "")

    def _decay(self, letter: str) -> str:
        if self.kind == "one step":
            return "1"
        if self.exponent is None:
            faster = {"superlinear": f"(c/{letter})^{letter}", "quadratic": f"rho^(2^{letter})"}
            return faster.get(self.kind, f"rho^{letter}")
        power = {Rational(1, 2): f"sqrt {letter}", Integer(1): letter}.get(
            self.exponent,
            f"{letter}^{self.exponent}" if self.exponent.is_Integer else f"{letter}^({self.exponent})",
        )
        return f"{_logs(self.log_power, letter)} / {power}" if self.log_power else f"1/{power}"

    @property
    def latex(self) -> str:
        """The order as LaTeX."""
        if self.kind == "one step":
            return r"\mathcal{O}(1)"
        if self.exponent is None:
            faster = {"superlinear": r"(c/k)^k", "quadratic": r"\rho^{2^k}"}
            decay = faster.get(self.kind, r"\rho^k")
        else:
            power = r"\sqrt{k}" if self.exponent == Rational(1, 2) else latex(k**self.exponent)
            top = _logs(self.log_power).replace("log", r"\log") if self.log_power else "1"
            decay = rf"\frac{{{top}}}{{{power}}}"
        floor = r"\ \mathrm{to\ a\ floor}" if self.kind == "floor" else ""
        if self.rise:
            floor += r"\ \mathrm{that\ rises\ like}\ " + _logs(self.rise).replace("log", r"\log")
        return rf"\mathcal{{O}}\left({decay}\right)" + floor


def _logs(power: int, letter: str = "k") -> str:
    return f"log {letter}" if power == 1 else f"log^{power} {letter}"


@lru_cache(maxsize=1024)
def order(bound: Expr, at_horizon: bool = False) -> Order:
    """Return the order of a bound in k (in K where it is claimed at the horizon)."""
    counter = K if at_horizon else k
    if not bound.has(counter):
        return Order("one step")
    if any(e.has(counter) for power in bound.atoms(Pow) for e in power.exp.atoms(Pow)):
        return Order("quadratic")
    if any(_is_superlinear(factor, counter) for factor in Mul.make_args(bound)):
        return Order("superlinear")
    halves = {half: half.args[0] for half in bound.atoms(RoundFunction) if half.has(counter)}
    decaying, floor = _split(_slowest(bound.xreplace(halves), counter), counter)
    if _is_geometric(decaying, counter):
        return Order("floor" if floor else "linear")
    p, q = _power(decaying.xreplace({counter: _t}), _t)
    risen = leading(floor.xreplace({counter: _t}), _t) if floor.has(counter) else None
    return Order("floor" if floor else "power", p, q, int(risen.q) if risen else 0)


def _slowest(bound: Expr, counter: Symbol) -> Expr:
    """Return the bound with the argument of each ``Max`` that wins far out, a power before a geometric.

    Where a power is left without them, geometric terms are dropped.
    """
    swaps = {}
    for top in (each for each in bound.atoms(Max) if each.has(counter)):
        swaps[top] = next((a for a in top.args if not _is_geometric(a, counter)), top.args[0])
    bound = bound.xreplace(swaps)
    powers = {p: p.as_base_exp() for p in bound.atoms(Pow, exp)}
    settled = bound.xreplace(
        {p: Integer(0) for p, (q, m) in powers.items() if m.has(counter) and not q.has(counter)}
    )
    return settled if settled.has(counter) else bound


def _split(bound: Expr, counter: Symbol) -> tuple[Expr, Expr]:
    """Split a bound into what falls with the counter, and its floor: constant, or rising like a logarithm."""
    if isinstance(bound, Pow) and bound.exp.is_Integer:
        bound = bound.expand()
    if not bound.is_Add:
        return bound, Integer(0)
    floor, varying = bound.as_independent(counter, as_Add=True)
    rising = Add(*(term for term in Add.make_args(varying) if _rises(term, counter)))
    # A bound of which nothing falls has no such order.
    return (varying, floor) if rising == varying else (varying - rising, floor + rising)


def _rises(term: Expr, counter: Symbol) -> bool:
    far = leading(term.xreplace({counter: _t}), _t) if term.has(log) else None
    return far is not None and far.p == 0 and far.q > 0


def _is_geometric(expr: Expr, counter: Symbol) -> bool:
    # (k/(k + 1))^k, with k in its base too, tends to a constant.
    powers = (power.as_base_exp() for power in expr.atoms(Pow, exp))
    return any(exponent.has(counter) and not base.has(counter) for base, exponent in powers)


def _is_superlinear(factor: Expr, counter: Symbol) -> bool:
    """Whether a factor is the k-th power of what falls like 1/k."""
    if not (isinstance(factor, Pow) and factor.exp == counter and factor.base.has(counter)):
        return False
    far = limit(factor.base.xreplace({counter: _t}) * _t, _t, oo)
    return far != 0 and far.is_finite is not False and not far.has(oo)


def _frozen(expr: Expr, variable: Symbol) -> Expr:
    """Replace rounded constants, which limits cannot handle, by free positive symbols."""
    return expr.xreplace({a: Dummy(positive=True) for a in expr.atoms(RoundFunction) if not a.has(variable)})


def _power(expr: Expr, t: Symbol) -> tuple[Expr, int]:
    expr = _frozen(expr, t)
    settling = (p for p in expr.atoms(Pow) if p.exp.has(t) and p.base.has(t))
    expr = expr.xreplace({p: limit(p, t, oo) for p in settling})
    if term := leading(expr, t):
        # Silver steps have an irrational power.
        if (-term.p in _POWERS or not term.p.is_Rational) and term.q in _LOGS:
            return -term.p, int(term.q)
        raise RateboundError(_NAMELESS.format(expr))
    for p, q in sorted(product(_POWERS, _LOGS), key=_misfit(expr, t)):
        ratio = limit(expr * t**p / log(t) ** q, t, oo)
        if ratio != 0 and ratio.is_finite is not False and not ratio.has(oo):
            return p, q
    raise RateboundError(_NAMELESS.format(expr))


def _misfit(expr: Expr, t: Symbol) -> Callable[[tuple[Expr, int]], float]:
    """Return how far each (p, q) is from the growth of the expression far out: it only orders the limits."""
    others = sorted(expr.free_symbols - {t}, key=str)
    numbers = expr.xreplace({s: Rational(j + 3, 2 * j + 5) for j, s in enumerate(others)})
    near, far = (log(numbers.subs(t, Integer(10) ** e)).evalf(60) for e in (100, 200))
    slope = (far - near) / (100 * log(10).evalf(60))

    def distance(candidate: tuple[Expr, int]) -> float:
        p, q = candidate
        # Between 10^100 and 10^200 a factor log(t)^q doubles q times.
        return abs(float(slope + p - q * log(2).evalf(60) / (100 * log(10).evalf(60))))

    return distance


@lru_cache(maxsize=1024)
def complexity(bound: Expr, step: Symbol | None, at_horizon: bool = False) -> Expr | None:
    """Return the steps until the bound is below eps, as a leading-order expression in eps without constants.

    Parameters
    ----------
    bound
        The bound.
    step
        The constant step, where the user chooses it: for a bound with a floor it is then tuned to eps.
    at_horizon
        Whether the bound is claimed at k = K.

    Returns
    -------
    Expr or None
        Such as ``log(1/eps)`` or ``1/eps**2``; None where the bound does not get below every eps.
    """
    found = order(bound, at_horizon)
    if found.kind == "linear":
        return log(1 / eps)
    if found.kind == "superlinear":
        return log(1 / eps) / log(log(1 / eps))
    if found.kind == "quadratic":
        return log(log(1 / eps))
    if found.kind == "power":
        assert found.exponent is not None
        # K^p / log(K)^q = 1/eps has the solution K ~ (log(1/eps)^q / eps)^(1/p).
        return (log(1 / eps) ** found.log_power / eps) ** (1 / found.exponent)
    if found.kind == "floor" and step is not None:
        return _tuned(bound, step, K if at_horizon else k)
    return None


def _small_root(floor: Expr, step: Symbol) -> Expr | None:
    """Return the step that brings the floor down to half of eps, to leading order; None where none does."""
    u = Dummy(positive=True)
    if (near := leading(floor.xreplace({step: 1 / u}), u)) and not near.q:
        return (eps / (2 * near.c)) ** (-1 / near.p) if near.p < 0 else None
    roots = (root for root in solve(floor - eps / 2, step) if limit(root, eps, 0) == 0)
    return next(roots, None)


def _tuned(bound: Expr, step: Symbol, counter: Symbol) -> Expr | None:
    """Half of eps for the floor, by the step; half for the rest, by the steps made."""
    decaying, floor = _split(bound, counter)
    # The steps are a power of 1/eps, beside logarithms: a floor that rises sees a multiple of log(1/eps).
    floor = floor.subs(counter, 1 / eps)
    root = _small_root(floor, step)
    if root is None:
        return None
    rest = decaying.subs(step, root)
    if not rest.has(RoundFunction):
        # What falls geometrically beside a power, as the rest of a momentum, is not what takes long.
        rest = _slowest(rest, counter)
    if _is_geometric(rest, counter):
        base = next(p.base for p in rest.atoms(Pow) if p.exp.has(counter))
        rate = -log(simplify(base))
        c = limit(rate / eps, eps, 0)
        return log(1 / eps) / eps if c != 0 and c.is_finite is not False else None
    reached = solve(rest.xreplace({counter: _t}) - eps / 2, _t)
    if not reached:
        return None
    u = symbols("u", positive=True)
    steps = reached[0].subs(eps, 1 / u)
    if term := leading(steps, u):
        return (1 / eps) ** term.p * log(1 / eps) ** term.q
    p, q = _power(1 / steps, u)
    return (1 / eps) ** p / log(1 / eps) ** q
