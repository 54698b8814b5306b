"""A real server, that of `vllm serve`, spoken to as to any endpoint: a small model answers in code and in words."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import driver_process as support
import pytest

from actors.callables import ChatMessage, Finish
from actors.endpoints.client import EndpointClient
from actors.endpoints.config import EndpointConfig
from actors.endpoints.rollouts import EndpointRollouts
from actors.episodes.config import RolloutConfig
from actors.errors import ChatTooLongError, EndpointDeadError
from actors.records import EndReason
from driver.models import SMOLLM2, is_present, resolve_model
from sandbox_service import SandboxConfig, SandboxPool
from tests.unit.actors.rollout_cases import task

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]
KEY = "sk-test-loopback"
_START_S = 600.0


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    if not is_present(SMOLLM2):
        pytest.skip("SmolLM2 is not in the model cache: run the laptop preset once")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mark, log = uuid.uuid4().hex, tmp_path / "log"
    # What `vllm serve` starts; the command itself looks for a package by a name that the CPU build does not have.
    command = [
        sys.executable,
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(resolve_model(SMOLLM2)),
    ]
    command += ["--served-model-name", "smol", "--host", "127.0.0.1", "--port", str(port), "--enforce-eager"]
    command += ["--max-model-len", "1024", "--max-num-seqs", "8", "--api-key", KEY]
    environment = support.marked_environment(mark, VLLM_CPU_KVCACHE_SPACE="1", VLLM_LOGGING_LEVEL="WARNING")
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        support.wait_until(lambda: is_up(url) or process.poll() is not None, _START_S, "vLLM's server")
        assert process.poll() is None, log.read_text()[-3000:]
        yield f"{url}/v1"
    finally:
        end_group(process)
        left = support.left_after(mark, grace_s=30)
        support.end_marked(mark)
    assert left == []


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the server and its engine's processes; kill what does not go."""
    for number, patience_s in ((signal.SIGTERM, 60.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience_s
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
    process.wait(10)


async def test_a_real_server_is_asked_counted_and_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R1CI_TEST_KEY", KEY)
    endpoint = EndpointConfig(base_url=server, key_env="R1CI_TEST_KEY", timeout_s=300)
    client = EndpointClient(endpoint, "smol")
    pool = SandboxPool(SandboxConfig(num_workers=1, preload="bare"))
    await pool.start()
    try:
        await client.probe(0.6)
        question = [ChatMessage(role="user", content="Say hello.")]
        said = await client(question, temperature=0.0, max_tokens=4)
        assert (said.num_tokens, said.finish) == (4, Finish.LENGTH)
        assert said.num_prompt_tokens > 3
        with pytest.raises(ChatTooLongError):
            await client([ChatMessage(role="user", content="one " * 3000)], temperature=0.0, max_tokens=4)

        config = RolloutConfig(
            instructions="short", max_turn_tokens=64, max_rollout_tokens=512, max_executions=2
        )
        rollouts = EndpointRollouts(config, endpoint, client, pool.execute)
        before = client.usage
        for agent in ("code_agent", "text"):
            group = await rollouts.rollout_group(
                task(question="What is 2 + 3?"), agent, size=3, temperatures=(0.6,), agent=agent
            )
            assert len(group.rollouts) == 3
            assert all(rollout.end_reason is not EndReason.INFRASTRUCTURE for rollout in group.rollouts)
            assert all(rollout.num_turns and rollout.num_generated_tokens for rollout in group.rollouts)
            assert agent == "code_agent" or not any(rollout.executions for rollout in group.rollouts)
        after = client.usage
        assert (after.failures, after.retries) == (0, 0)
        assert after.answers - before.answers >= 6

        with pytest.raises(EndpointDeadError, match=r"404.*knows no such model or address"):
            await EndpointClient(endpoint, "another").probe(0.6)
        monkeypatch.setenv("R1CI_TEST_KEY", "sk-wrong")
        with pytest.raises(EndpointDeadError, match=r"401.*refused the key"):
            await EndpointClient(endpoint, "smol").probe(0.6)
    finally:
        await client.close()
        await pool.close()
