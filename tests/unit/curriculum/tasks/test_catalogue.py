import collections
import json

import pytest

from curriculum.tasks.catalogue import catalogue, entry, sources
from curriculum.tasks.checkers import checker_named
from curriculum.tasks.family import CAPABILITIES
from curriculum.tasks.presets import PRESETS
from curriculum.tasks.split import ALIKE, SPLIT_FILE, SPLIT_SEED, drawn_held_out, held_out_families


def test_there_are_144_families_from_three_sources() -> None:
    assert collections.Counter(sources().values()) == {"symbench": 33, "bbh": 27, "reasoning_gym": 84}


def test_the_published_split_is_the_drawn_one_in_the_papers_proportion() -> None:
    published = json.loads(SPLIT_FILE.read_text())
    assert published["seed"] == SPLIT_SEED
    assert published["test"] == drawn_held_out(sources())
    assert sorted(published["train"] + published["test"]) == sorted(sources())
    assert (len(published["train"]), len(published["test"])) == (107, 37)
    assert collections.Counter(sources()[n] for n in published["test"]) == {
        "symbench": 8,
        "bbh": 7,
        "reasoning_gym": 22,
    }


def test_another_seed_draws_another_split_of_the_same_sizes() -> None:
    other = drawn_held_out(sources(), seed=1)
    assert other != sorted(held_out_families())
    assert collections.Counter(sources()[n] for n in other) == {"symbench": 8, "bbh": 7, "reasoning_gym": 22}


@pytest.mark.parametrize("group", ALIKE)
def test_families_that_ask_the_same_thing_are_on_one_side(group: tuple[str, ...]) -> None:
    assert set(group) <= set(sources())
    assert len({name in held_out_families() for name in group}) == 1


def test_every_family_has_a_capability_and_a_checker_that_exists() -> None:
    assert len(catalogue()) == 144
    for one in catalogue().values():
        assert one.capability in CAPABILITIES
        assert checker_named(one.checker)


def test_all_six_capabilities_are_asked_for() -> None:
    assert {one.capability for one in catalogue().values()} == set(CAPABILITIES)


def test_the_preset_of_all_144_has_the_sides_of_the_catalogue() -> None:
    trained, held_out = PRESETS["r1ci"]
    assert {f.name for f in trained} == {e.name for e in catalogue().values() if e.split == "train"}
    assert {f.name for f in held_out} == {e.name for e in catalogue().values() if e.split == "test"}


def test_a_family_is_found_by_name_or_with_its_source() -> None:
    assert entry("gcd") == entry("reasoning_gym/gcd")
    assert entry("bbh/bbh_word_sorting").source == "bbh"
    with pytest.raises(ValueError, match=r"did you mean .*eight_queens"):
        entry("eight_queen")
    with pytest.raises(ValueError, match="no task"):
        entry("bbh/gcd")
