"""Every paper that a source names is found, and has one name."""

import re

import pytest

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.exposition.papers import joined, papers


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("derived here", []),
        ("folklore; Bansal and Gupta 2019 (number not checked)", ["Bansal and Gupta 2019"]),
        (
            "de Klerk, Glineur and Taylor 2017; the step of Barré, Taylor and d'Aspremont 2020",
            ["de Klerk, Glineur and Taylor 2017", "Barré, Taylor and d'Aspremont 2020"],
        ),
        ("by Le Roux, Schmidt and Bach 2012, Proposition 1", ["Le Roux, Schmidt and Bach 2012"]),
    ],
)
def test_papers_are_authors_and_a_year(source, found):
    assert papers(source) == found


def test_every_year_of_the_catalogue_belongs_to_a_paper():
    for theorem in THEOREMS.values():
        years = re.findall(r"\b(?:1[89]|20)\d\d\b", theorem.source)
        assert [paper[-4:] for paper in papers(theorem.source)] == years, theorem.id


def test_et_al_is_the_one_paper_of_that_author_and_year():
    full = "Gower, Loizou and Qian 2019"
    assert joined(["Gower et al. 2019", full])["Gower et al. 2019"] == full
    assert joined(["Gower et al. 2018", full])["Gower et al. 2018"] == "Gower et al. 2018"
    two = ["Gower et al. 2019", full, "Gower, Richtárik and Bach 2019"]
    assert joined(two)["Gower et al. 2019"] == "Gower et al. 2019"
