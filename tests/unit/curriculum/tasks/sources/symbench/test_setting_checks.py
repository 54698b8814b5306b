"""Wrong settings of generators are refused by name."""

import pytest

from curriculum.tasks.sources.symbench.parts.setting_checks import require_between, require_one_of


def test_a_number_within_its_bounds_is_accepted_and_one_outside_is_named() -> None:
    for value in (2, 3, 5):
        require_between("size", value, 2, 5)
    for value in (1, 6, -3):
        with pytest.raises(ValueError, match=rf"size.*{value}"):
            require_between("size", value, 2, 5)


def test_a_word_must_be_one_of_the_known_ones() -> None:
    require_one_of("kind", "max", ("max", "average"))
    with pytest.raises(ValueError, match=r"kind.*'min'.*max, average"):
        require_one_of("kind", "min", ("max", "average"))
