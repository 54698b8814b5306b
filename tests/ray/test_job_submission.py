"""A user's way onto a cluster: `ray job submit --working-dir . -- python -m driver run CONFIG`."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import driver_process as support
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.engine]
RAY = str(Path(sys.executable).with_name("ray"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cluster(tmp_path_factory, mark):
    """A head of its own on this machine, ended by its processes, never by `ray stop`."""
    # Unix socket paths are short: pytest's own folder is too deep.
    temporary = Path(f"/tmp/r1ci-{mark[:8]}")
    temporary.mkdir()
    token = temporary / "token"
    token.write_text(mark)
    gcs, dashboard, metrics = free_port(), free_port(), free_port()
    environment = support.marked_environment(
        mark,
        RAY_TMPDIR=str(temporary),
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN_PATH=str(token),
        RAY_USAGE_STATS_ENABLED="0",
        R1CI_CACHE=os.environ.get("R1CI_CACHE", str(Path.home() / ".cache" / "r1-code-interpreter")),
    )
    command = [
        RAY,
        "start",
        "--head",
        f"--port={gcs}",
        f"--dashboard-port={dashboard}",
        "--dashboard-host=127.0.0.1",
    ]
    command += [f"--metrics-export-port={metrics}", "--num-cpus=2", "--disable-usage-stats"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=180)
    yield environment, f"http://127.0.0.1:{dashboard}", metrics
    support.end_marked(mark)
    subprocess.run(["rm", "-rf", str(temporary)], check=False)


@pytest.mark.timeout(1200)
def test_submitted_job_trains_on_the_cluster_and_shows_its_numbers(cluster, tmp_path, mark):
    environment, address, metrics_port = cluster
    folder = tmp_path / "run"
    submit = [
        RAY,
        "job",
        "submit",
        "--address",
        address,
        "--working-dir",
        ".",
        "--no-wait",
        "--submission-id",
        "smoke-1",
    ]
    submit += [
        "--",
        sys.executable,
        "-m",
        "driver",
        "run",
        "smoke",
        f"folder={folder}",
        "evaluation.policies=[grpo]",
    ]
    done = subprocess.run(
        submit, cwd=support.ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    token = Path(environment["RAY_AUTH_TOKEN_PATH"]).read_text()

    def get(path):
        request = urllib.request.Request(address + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    names: set[str] = set()
    numbers: set[str] = set()

    def is_over():
        actors = get("/api/v0/actors?detail=1&limit=100")["data"]["result"]["result"]
        names.update(
            a["name"].split(":")[1].rstrip("0123456789-") for a in actors if ":" in (a["name"] or "")
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        numbers.update(line.split("{")[0] for line in text.splitlines() if line.startswith("ray_r1ci_"))
        return get("/api/jobs/smoke-1")["status"] in ("SUCCEEDED", "FAILED", "STOPPED")

    support.wait_until(is_over, 600, "the job ends")
    logs = get("/api/jobs/smoke-1/logs")["logs"]
    assert get("/api/jobs/smoke-1")["status"] == "SUCCEEDED", logs[-3000:]
    assert {"rollout", "learner", "sandbox", "scorer", "curriculum"} <= names
    assert {
        "ray_r1ci_loss",
        "ray_r1ci_reward_mean",
        "ray_r1ci_phase_active",
        "ray_r1ci_stage_open",
    } <= numbers
    assert json.loads((folder / "summary.json").read_text())["accuracy"]["grpo"]["n"] == 24
