"""Sparse data against the same data made dense; nothing becomes dense in silence."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_array, csr_matrix, random_array

from ratebound.experiments.verify import verify
from ratebound.problems import sparse
from ratebound.problems.build import from_svmlight, least_squares, logistic
from ratebound.problems.constants import CONSTANTS, NotCertified, Setting, certify
from ratebound.theory.errors import RateboundError

MAKERS = [(logistic, 0.05), (logistic, 0.0), (least_squares, 0.05), (least_squares, 0.0)]
SETTING = Setting(np.full(3, 0.01), 2)
DENSE_ONLY = (
    "L_inf",
    "component_gap",
    "mu_axis",
    "mu_signs",
    "sample_noise_l1",
    "sample_variance",
    "second_moment",
    "sigma_p_sq",
    "shuffle_radius",
    "variance_bound",
)
OF_THE_HESSIAN = ("L_hess", "mu_star", "near_minimum")


def data(n=80, d=12, density=0.2):
    rng = np.random.default_rng(4)
    A = random_array(
        (n, d), density=density, rng=rng, format="csr", data_sampler=lambda size: rng.normal(size=size)
    )
    return A, np.where(rng.random(n) < 0.5, 1.0, -1.0), rng.normal(size=d)


def pair(make, l2):
    A, y, x0 = data()
    return make(A, y, l2, x0=x0), make(A.toarray(), y, l2, x0=x0)


@pytest.mark.parametrize(("make", "l2"), MAKERS)
def test_values_gradients_and_measures_agree(make, l2):
    thin, thick = pair(make, l2)
    assert thin.sparse and not thick.sparse
    X = np.random.default_rng(0).normal(size=(2, 7, thin.d))
    idx = np.random.default_rng(1).integers(0, thin.n, size=(7, 3))
    for name in ("value", "gradient", "gap", "grad_norm_sq"):
        np.testing.assert_allclose(getattr(thin, name)(X), getattr(thick, name)(X), rtol=1e-10)
    np.testing.assert_allclose(
        thin.batch_gradient(X, idx), thick.batch_gradient(X, idx), rtol=1e-12, atol=1e-15
    )
    if thick.x_star is not None:
        np.testing.assert_allclose(thin.x_star, thick.x_star, rtol=1e-9)
        near = thin.x_star + 1e-6 * X
        np.testing.assert_allclose(thin.gap(near), thick.gap(near), rtol=1e-5)


@pytest.mark.parametrize("name", CONSTANTS)
@pytest.mark.parametrize(("make", "l2"), MAKERS)
def test_constants_agree_or_are_refused(make, l2, name):
    thin, thick = pair(make, l2)
    if name in (*DENSE_ONLY, *OF_THE_HESSIAN):
        with pytest.raises(NotCertified, match=f"{name} is not certified for sparse data"):
            certify(thin, name, SETTING)
        return
    if name in ("R_sq", "residual_sq", "rank") and make is least_squares and not l2:
        with pytest.raises(NotCertified, match="for dense data only"):
            certify(thin, name, SETTING)
        return
    try:
        expected = certify(thick, name, SETTING)
    except NotCertified:
        with pytest.raises(NotCertified):
            certify(thin, name, SETTING)
        return
    assert certify(thin, name, SETTING).value == pytest.approx(expected.value, rel=1e-9)


@pytest.mark.parametrize("make", [logistic, least_squares])
def test_many_features_have_certified_ends_only(make, monkeypatch):
    exact = pair(make, 0.05)[1]
    monkeypatch.setattr(sparse, "_GRAM", 3)
    thin = pair(make, 0.05)[0]
    L, mu = (certify(thin, name) for name in ("L", "mu"))
    assert L.direction == "upper" and mu.direction == "lower"
    assert certify(exact, "L").value <= L.value <= certify(exact, "L_mean").value * (1 + 1e-9)
    assert mu.value <= certify(exact, "mu").value
    np.testing.assert_allclose(thin.x_star, exact.x_star, rtol=1e-9)
    free = pair(make, 0.0)[0]
    assert free.x_star is None
    with pytest.raises(NotCertified, match=r"take l2 > 0|l2 = 0"):
        certify(free, "mu")


def test_rank_deficient_data_are_in_doubt():
    A, y, _ = data()
    twice = least_squares(csr_array(np.hstack([A.toarray(), A.toarray()])), y)
    assert twice.x_star is None and not twice.spectrum.clear
    with pytest.raises(NotCertified):
        certify(twice, "mu_pl")


def test_any_sparse_format_becomes_canonical_rows():
    rows = coo_matrix((np.array([1.0, 2.0, 4.0]), ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    problem = least_squares(rows, [1.0, 2.0])
    np.testing.assert_array_equal(problem.A.toarray(), [[0.0, 3.0], [4.0, 0.0]])
    assert problem.A.nnz == 2
    rows.data[:] = 0
    assert problem.A.toarray().any()
    with pytest.raises(ValueError, match="read-only"):
        problem.A.data[0] = 1.0


def test_intercept_and_svmlight_stay_sparse(tmp_path):
    A, y, _ = data()
    problem = logistic(csr_matrix(A), y, intercept=True)
    assert problem.sparse and problem.d == A.shape[1] + 1
    np.testing.assert_array_equal(problem.A.toarray()[:, -1], 1.0)
    path = tmp_path / "rows.svm"
    path.write_text("1 1:0.5 3:2\n-1 2:1\n")
    thin, thick = from_svmlight(path, sparse=True), from_svmlight(path)
    assert thin.sparse and not thick.sparse
    np.testing.assert_array_equal(thin.A.toarray(), thick.A)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda A, y: least_squares(A, y, standardise=True),
            "standardise, which centres .* needs dense rows",
        ),
        (lambda A, y: logistic(A, y, 0.1).component_gradients(np.zeros(12)), "needs dense rows.*A.toarray"),
        (lambda A, y: verify("sgd_sc_constant", logistic(A, y, 0.1)), "a verdict needs dense rows"),
        (lambda A, y: logistic(A * np.nan, y), "not finite"),
        (lambda A, y: logistic(A * 0.0, y), "every entry of A is zero"),
        (lambda A, y: logistic(A[:0], y), "expected samples in rows"),
    ],
)
def test_refusals_are_one_line(act, message):
    A, y, _ = data()
    with pytest.raises((RateboundError, TypeError), match=message) as refused:
        act(A, y)
    assert "\n" not in str(refused.value)


def test_other_losses_need_dense_rows():
    from ratebound.problems.build import from_arrays

    A, y, _ = data()
    with pytest.raises(RateboundError, match="the Huber loss needs dense rows"):
        from_arrays(A, y, "huber")
