"""One tokenizer and one sandbox pool for all tests of the actors; rollouts made by hand are in rollout_cases.py."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from driver.models import SMOLLM2, is_present, resolve_model
from sandbox_service import SandboxConfig, SandboxPool


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    return _tokenizer("tiny-random-llama")


@pytest.fixture(scope="session", params=["tiny-random-llama", SMOLLM2])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    if request.param == SMOLLM2 and not is_present(SMOLLM2):
        pytest.skip("SmolLM2 is not in the model cache: run the laptop preset once")
    return _tokenizer(request.param)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxPool]:
    scratch = str(tmp_path_factory.mktemp("scratch"))
    pool = SandboxPool(SandboxConfig(num_workers=1, preload="bare", scratch_root=scratch))
    await pool.start()
    yield pool
    await pool.close()


def _tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(resolve_model(name)))


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny random Llama."""
    from tests.unit.actors.learner_cases import saved_tiny_model

    return saved_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def make_learner(model_path: str) -> Iterator[Callable[..., Any]]:
    """Learners with a model and a phase, closed after the test."""
    from actors.learning.config import LearnerRole
    from actors.policy_learner import PolicyLearner
    from tests.unit.actors.learner_cases import learner_config

    opened = []

    def make(phase: str = "grpo", path: str = model_path, role: Any = None, **changes: Any) -> Any:
        learner = PolicyLearner(learner_config(**changes), role or LearnerRole(), rank=0, world_size=1)
        opened.append(learner)
        learner.setup(*learner.address(), path, phase)
        return learner

    yield make
    for learner in opened:
        learner.close()
