"""The endpoint that a phase asks: opened for that phase, counted, closed; refused early where it cannot be used.

The conversations are held in this process: they only wait, and no key leaves it.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from driver.config import RunConfig
from driver.outputs.run_folder import read_json, write_json
from driver.session import Session

if TYPE_CHECKING:
    from actors.endpoints.client import EndpointClient
    from actors.endpoints.rollouts import EndpointRollouts


def asked_models(config: RunConfig) -> dict[str, tuple[str, float]]:
    """Name at the endpoint and temperature of the model that each phase asks, of those that ask one."""
    asked = {}
    if config.synthesis.teacher is not None:
        asked["synthesize"] = (config.synthesis.teacher, config.synthesis.teacher_temperature)
    if config.endpoint_model is not None:
        asked["evaluate"] = (config.endpoint_model, config.evaluation.temperature)
    return asked


async def refuse_unreachable(session: Session, phases: Iterable[str]) -> None:
    """Ask every model at the endpoint that a phase still to come needs one small question.

    Raises:
        EndpointDeadError: there is nothing there, the key is refused, or there is no such model.
    """
    outputs = {"synthesize": session.folder.traces, "evaluate": session.folder.evaluation}
    asked = asked_models(session.config)
    for phase in asked.keys() & set(phases):
        if not outputs[phase].is_file():
            async with _opened(session, phase, asked[phase][0]) as client:
                await client.probe(asked[phase][1])


@asynccontextmanager
async def asked_endpoint(session: Session, phase: str, model: str) -> "AsyncIterator[EndpointRollouts]":
    """Rollouts by a model at the endpoint; what they cost is written down however the phase ends.

    Args:
        session: the run.
        phase: who asks.
        model: its name there.
    """
    from actors.endpoints.rollouts import EndpointRollouts

    async with _opened(session, phase, model) as client:
        yield EndpointRollouts(
            session.config.rollout, session.config.endpoint, client, session.cluster.start_sandbox()
        )


@asynccontextmanager
async def _opened(session: Session, phase: str, model: str) -> "AsyncIterator[EndpointClient]":
    # Here, because only a run that asks an endpoint need pay for the import.
    from actors.endpoints.client import EndpointClient, EndpointUsage

    client = EndpointClient(session.config.endpoint, model)
    try:
        yield client
    finally:
        await client.close()
        path = session.folder.endpoint_usage
        phases = read_json(path) if path.is_file() else {}
        before = EndpointUsage(**phases.get(phase, {}).get(model, {}))
        phases[phase] = phases.get(phase, {}) | {model: before.plus(client.usage).model_dump()}
        write_json(path, phases)
