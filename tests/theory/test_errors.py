"""What an error says about an unknown name."""

import pytest

from ratebound.theory.errors import among

FEW, MANY = ["cat", "dog"], [chr(97 + j) * 5 for j in range(20)]


@pytest.mark.parametrize(
    ("name", "known", "listing", "said"),
    [
        ("cut", FEW, "`pets`", "; did you mean 'cat'? (known: cat, dog)"),
        ("zzz", FEW, "", " (known: cat, dog)"),
        ("cccc", MANY, "`names`", "; did you mean 'ccccc'? (`names` lists all 20)"),
        ("cccc", MANY, "", "; did you mean 'ccccc'?"),
        ("zzz", MANY, "`names`", " (`names` lists all 20)"),
        ("zzz", MANY, "", f" (known: {', '.join(MANY)})"),
        (3, FEW, "", " (known: cat, dog)"),
    ],
)
def test_near_names_and_where_all_are(name, known, listing, said):
    assert among(name, known, listing) == said
