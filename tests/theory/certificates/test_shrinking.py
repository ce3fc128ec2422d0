"""The estimate of SARAH shrinks at the rate of the certificate, which is attained; others are refused."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.stored import drift_strong, drift_strong_components
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import L_max, alpha, mu, mu_min, n, prob

SUM, COMPONENTS = THEOREMS["sarah_estimate"], THEOREMS["sarah_estimate_components"]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_the_rates_are_attained(part):
    """By components without curvature beside those of the largest; by components that are all alike."""
    flat = least_squares(np.array([[2.0], [0.0], [0.0]]), [1.0, 0.0, 0.0], x0=np.array([3.0]))
    alike = least_squares(np.array([[2.0], [2.0]]), [1.0, 3.0], x0=np.array([3.0]))
    for theorem, problem in ((SUM, flat), (COMPONENTS, alike)):
        (longest,) = (each.rhs.subs({L_max: 4, mu_min: 4}) for each in theorem.where)
        step = part * float(longest)
        found = verify(theorem, problem, steps=8, replicas=0, parameters={"alpha": step})
        assert found.outcome == "holds" and found.evidence == "exact"
        np.testing.assert_allclose(found.curves["exact"], found.curves["bound"], rtol=1e-7)


def test_they_are_at_most_the_published_rates():
    rng = np.random.default_rng(0)
    for _ in range(200):
        L, part = 1.0 + rng.random(), rng.random()
        m = L * rng.random()
        for theorem, longest, published in (
            (SUM, 2 / L, lambda a: 1 - (2 / (a * L) - 1) * (m * a) ** 2),
            (COMPONENTS, 2 / (m + L), lambda a: 1 - 2 * m * L * a / (m + L)),
        ):
            a = part * longest
            values = {alpha: a, L_max: L, mu: m, mu_min: m}
            rate = float(theorem.certificate.rate.subs(values))
            assert 0 <= rate <= published(a) + 1e-12


def test_what_does_not_follow_is_refused():
    halved = SUM.certificate.rate - alpha * mu / 100
    for changes, message in (
        ({"certificate": replace(SUM.certificate, rate=halved)}, "does not close"),
        ({"bound": SUM.bound / 2}, "the bound at the start"),
        ({"where": (alpha <= 3 / L_max,)}, "may be negative"),
    ):
        with pytest.raises(RateboundError, match=message):
            replace(SUM, **changes)
    for name, message in (("page", "takes full gradients at times"), ("svrg", "tracks the gradient")):
        with pytest.raises(RateboundError, match=message):
            replace(SUM, method=METHODS[name], defaults={**SUM.defaults, prob: 1 / n})
    by = {**SUM.certificate.by}
    by[drift_strong_components] = by.pop(drift_strong)
    with pytest.raises(RateboundError, match="strongly_convex_components"):
        replace(SUM, certificate=replace(SUM.certificate, by=by))
