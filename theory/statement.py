"""``Theorem``: a statement about a method in SymPy; it cannot be built unless its proof closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sympy import Expr, Integer, S, Symbol, nan, oo, zoo
from sympy.core.relational import Relational

from ratebound.theory import order as orders
from ratebound.theory import proved, units
from ratebound.theory.algebra.chart import chart_of
from ratebound.theory.anew import anew
from ratebound.theory.assumptions import FACTS, Assumption
from ratebound.theory.claims import EXPRESSIONS, check_kinds, check_meaning, require_forward, require_real
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.measures import BEST, MEASURES, ONE_STEP, WEIGHED
from ratebound.theory.method import Method
from ratebound.theory.premises import Premise, premises_of
from ratebound.theory.printed import printed
from ratebound.theory.readings import READINGS, bounded, require_state
from ratebound.theory.symbols import BY_NAME, CONSTANTS, MEANING, PARAMETERS, K, alpha, b, k
from ratebound.theory.visits import CYCLIC, INDEPENDENT, ORDERS

if TYPE_CHECKING:
    from ratebound.theory.certificate import Certificate

_NOT_IN_PASSES = ONE_STEP | BEST | {"gap_mean", "grad_norm_mean", "grad_l1_mean"} | READINGS.keys()
_SETTINGS = ("strongly convex", "pl", "convex")


@dataclass(frozen=True)
class Theorem:
    """A theorem about a method.

    Parameters
    ----------
    id
        Registered name.
    title
        What readers call it.
    source
        Authors, year, number ("number not checked" unless sure).
    method
        The update rule and its sampling.
    assumptions
        What it assumes.
    step
        The step alpha_k, an expression in ``k``, ``K``, parameters and constants.
    measure
        What is bounded, a name of :data:`MEASURES`.
    bound
        The bound B(k), an expression in ``k``, ``K``, parameters and constants; for measures of one step in
        the state quantities too. A bound that has ``K`` is claimed at k = K only.
    certificate
        The proof; None for a conjecture.
    where
        The admissible range: relations with a parameter on the left, such as ``alpha <= 1/L``.
    weights
        Weight w_j of x_j in averages, an expression in ``k`` (read as j) and ``K``; zero leaves x_j out.
    start
        The first k at which the bound is claimed.
    defaults
        Parameter -> the value that is used where the user chooses none; it may read other parameters.
    batch
        Size b_k of batch k, an expression in ``k``, parameters and constants, rounded up; at most all samples
        where they are drawn without replacement. None where one size serves all steps. Proofs write ``b``.
    replacement
        Whether batches are drawn with replacement; None where the theorem holds for both.
    visits
        How samples are visited, a name of :data:`ratebound.theory.visits.ORDERS`. In passes over the data k
        counts passes, each of n steps of one sample: the bound is claimed after whole passes.
    equality
        Whether the bound is an identity.
    note
        What the statement hides.
    sibling
        Id of the theorem to read beside this one.

    Raises
    ------
    RateboundError
        If the certificate does not close, the units of the bound are not those of the measure, a symbol is
        not known, or a parameter lacks a default.
    """

    id: str
    title: str
    source: str
    method: Method
    assumptions: tuple[Assumption, ...]
    step: Expr
    measure: str
    bound: Expr
    certificate: Certificate | None = field(repr=False)
    where: tuple[Relational, ...] = ()
    weights: Expr = S.One
    start: Expr = S.Zero
    defaults: Mapping[Symbol, Expr] = field(default_factory=dict)
    batch: Expr | None = None
    replacement: bool | None = None
    visits: str = INDEPENDENT
    equality: bool = False
    note: str = ""
    sibling: str | None = None

    def __post_init__(self) -> None:
        defaults = {letter: _as_expression(value) for letter, value in dict(self.defaults).items()}
        object.__setattr__(self, "defaults", MappingProxyType(defaults))
        for name in EXPRESSIONS:
            object.__setattr__(self, name, _as_expression(getattr(self, name)))
        try:
            check_kinds(self)
            self._check_words()
            self._check_visits()
            check_meaning(self)
            if not proved.trusting():
                self.prove()
        except (RateboundError, ValueError) as problem:  # SymPy compares no complex numbers.
            raise RateboundError(f"theorem {self.id}: {problem}") from problem

    def __repr__(self) -> str:
        sign = "=" if self.equality else "<="
        return f"<Theorem {self.id}: {self.measure} {sign} {printed(self.bound)}, {self.proof}>"

    def _repr_latex_(self) -> str:
        """Return what notebooks show."""
        from ratebound.theory.exposition.latex import claim

        return rf"$\displaystyle {claim(self)}$"

    def __reduce__(self) -> tuple[Any, ...]:
        return anew(self)  # and so proved anew

    def prove(self) -> None:
        """Check the units of the bound, and the certificate if there is one.

        Raises
        ------
        RateboundError
            If the units are not those of the measure, the certificate does not close, or what it proves is no
            number somewhere in the range, or about a step that may be negative.
        """
        units.check(self.bound, self.measure)
        if self.certificate is not None:
            self.certificate.check(self)
            require_real(self)
            require_forward(self)

    def _check_words(self) -> None:
        if self.measure not in MEASURES:
            near = nearest(str(self.measure), MEASURES)
            raise RateboundError(f"unknown measure {self.measure!r}{near} (known: {', '.join(MEASURES)})")
        require_state(self.measure, self.method)
        if self.bound.has(oo, zoo, nan):
            raise RateboundError(f"the bound {printed(self.bound)} is not finite; check its denominators")
        read = (*self.schedules, self.weights, self.start, *self.where)
        named = set().union(*(e.free_symbols for e in read))
        if self.measure not in ONE_STEP:
            named |= self.bound.free_symbols
        single = self.in_passes or not self.stochastic or self.method.draws is not None
        if self.batch is not None and (single or b in named):
            raise RateboundError("batches that change are independent ones, and no b stands for all of them")
        for symbol in sorted(named - set(BY_NAME.values()), key=str):
            if symbol in MEANING:
                raise RateboundError(f"{symbol} is no symbol of statements but of proofs: {MEANING[symbol]}")
            raise RateboundError(
                f"{symbol} is no symbol of ratebound.theory.symbols, which know signs; import it from there"
            )
        if self.certificate is not None and self.step != alpha and alpha in self.parameters:
            # Proofs write alpha for the step alpha_k itself.
            raise RateboundError(
                f"alpha is read beside the step {self.step}; proofs take it for the whole step: use alpha0"
            )
        lacking = [str(p) for p in self.parameters if p not in self.defaults]
        if lacking:
            raise RateboundError(f"the parameter {', '.join(lacking)} has no default value; state one")

    def _check_visits(self) -> None:
        if self.visits not in ORDERS:
            raise RateboundError(f"unknown order of visits {self.visits!r} (known: {', '.join(ORDERS)})")
        if not self.in_passes:
            return
        if self.measure in _NOT_IN_PASSES:
            raise RateboundError(f"{self.measure} is not measured after whole passes")
        proof = self.certificate
        if proof is not None and not proof.cited and not getattr(proof, "about_passes", False):
            raise RateboundError(f"a {type(proof).__name__} is about independent batches, not about passes")

    @cached_property
    def parameters(self) -> tuple[Symbol, ...]:
        """The symbols that the user chooses, in the step, the bound, the range or the method."""
        read = (*self.schedules, self.bound, *self.where)
        used = set(self.method.parameters).union(*(e.free_symbols for e in read))
        return tuple(p for p in PARAMETERS if p in used)

    def chosen(self, given: Mapping[Symbol, Expr] = MappingProxyType({})) -> dict[Symbol, Expr]:
        """Return an expression for each parameter: what is given, else its default, which may read others."""
        known = {p: given.get(p, self.defaults.get(p)) for p in self.parameters}
        return {p: value if p in given else value.xreplace(known) for p, value in known.items()}

    @cached_property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants and properties that a problem must certify."""
        expressions = (*self.schedules, self.bound, self.start, self.weights)
        expressions += (*self.where, *self.defaults.values())
        read = set().union(*(e.free_symbols for e in expressions))
        names = [name for each in self.assumptions for name in each.constants]
        return tuple(dict.fromkeys([*names, *(s.name for s in CONSTANTS if s in read)]))

    @property
    def schedules(self) -> tuple[Expr, ...]:
        """The step, and the size of batch k where it changes."""
        return (self.step,) if self.batch is None else (self.step, self.batch)

    @property
    def proof(self) -> Literal["certified", "conditional", "cited", "conjecture"]:
        """Whether the proof is checked here, so but for the author's premises, cited, or missing."""
        if self.certificate is None:
            return "conjecture"
        if self.premises:
            return "conditional"
        return "cited" if self.certificate.cited else "certified"

    @property
    def stochastic(self) -> bool:
        """Whether the method draws samples."""
        return self.method.sampling == "batch" and self.visits != CYCLIC

    @property
    def in_passes(self) -> bool:
        """Whether samples are visited in passes over the data, which k counts."""
        return self.visits != INDEPENDENT

    @property
    def at_horizon(self) -> bool:
        """Whether the bound is claimed at k = K only, for a step or an average that knows K."""
        return any(each.has(K) for each in (self.bound, self.step, self.weights))

    @property
    def setting(self) -> str:
        """Class of f: strongly convex, pl, convex, nonconvex; ``"any"`` for statements about one step."""
        if self.measure in ONE_STEP:
            return "any"
        names = {each.name.replace("_", " ").removesuffix(" sum") for each in self.assumptions}
        if "expected smoothness" in names:
            names.add("convex")
        return next((setting for setting in _SETTINGS if setting in names), "nonconvex")

    @cached_property
    def premises(self) -> tuple[Premise, ...]:
        """What assumptions and proof take from the author and not from this library."""
        return premises_of(self)

    @cached_property
    def assumed(self) -> frozenset[str]:
        """The names of the assumptions."""
        return frozenset(each.name for each in self.assumptions)

    @cached_property
    def facts(self) -> tuple[Relational, ...]:
        """Relations between constants that the assumptions imply."""
        return tuple(fact for required, fact in FACTS if required <= self.assumed)

    @cached_property
    def chart(self) -> dict[Symbol, Expr]:
        """The admissible range as a chart; see :func:`ratebound.theory.algebra.chart.chart_of`."""
        return chart_of(self.where, self.facts)

    @cached_property
    def order(self) -> orders.Order:
        """The rate, derived from the bound; none where a state only stays bounded."""
        if bounded(self.measure):
            return orders.Order("one step")
        return orders.order(self.bound, self.at_horizon)

    @cached_property
    def complexity(self) -> Expr | None:
        """K(eps): steps until the bound is below eps, to leading order; None for one-step statements."""
        if self.measure in ONE_STEP or bounded(self.measure):
            return None
        chosen = self.step if self.step in self.parameters else alpha if alpha in self.parameters else None
        if any(r.lhs == chosen and r.rel_op in (">", ">=") for r in self.where):
            chosen = None  # It cannot be tuned down to eps.
        return orders.complexity(self.bound, chosen, self.at_horizon)

    @property
    def averaged_over(self) -> Expr | None:
        """The weights of the average that the measure takes; None where it takes none."""
        return self.weights if self.measure in WEIGHED else None

    def at(self, step: Expr | int) -> Expr:
        """Return the bound at the given k; K where the bound is claimed at the horizon."""
        return self.bound.subs(K if self.at_horizon else k, step)


def _as_expression(value: Any) -> Any:
    return Integer(value) if type(value) is int else value
