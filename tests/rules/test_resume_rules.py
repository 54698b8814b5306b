"""Every key of the config says whether a run that goes on may change it."""

from pydantic import BaseModel

from driver.config import RunConfig
from driver.config_loading import known_keys
from driver.outputs.resume_rules import FIRST_READ_BY, LEARNER_STATE, PHASES


def _leaves(model: type[BaseModel]) -> list[str]:
    keys = known_keys(model)
    return [key for key in keys if not any(other.startswith(f"{key}.") for other in keys)]


def _decided(key: str) -> bool:
    parts = key.split(".")
    return any(".".join(parts[:n]) in FIRST_READ_BY for n in range(1, len(parts) + 1))


def test_every_key_has_a_phase_that_first_reads_it_or_none_at_all() -> None:
    undecided = [key for key in _leaves(RunConfig) if not _decided(key)]
    assert undecided == [], "add these to FIRST_READ_BY in driver/outputs/resume_rules.py"


def test_no_row_is_about_a_key_that_is_gone() -> None:
    assert set(FIRST_READ_BY) - set(known_keys(RunConfig)) == set(), "take these out of FIRST_READ_BY"


def test_the_phases_named_are_those_of_the_pipeline() -> None:
    from driver.pipeline import PHASES as OF_PIPELINE

    assert tuple(OF_PIPELINE) == PHASES
    assert set(FIRST_READ_BY.values()) <= {*PHASES, LEARNER_STATE, None}
