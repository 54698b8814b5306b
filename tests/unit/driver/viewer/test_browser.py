"""The page in a real browser, where this machine has one: what is drawn, and that a model's markup stays text."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import uvicorn

from driver.viewer import write_static_page
from driver.viewer.app import create_app
from driver.viewer.run_reader import RunReader
from tests.unit.driver.viewer.view_cases import HOSTILE, write_run

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium on this machine: the page is not drawn here"
)

HOSTILE_ROLLOUT = "#/rollouts?open=train-00004%2Ftrain%2F4%2F0&beside=train%2F4%2F1"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("view") / "run")


@pytest.fixture(scope="module")
def address(run: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(RunReader(run)), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def _drawn(address: str, profile: Path, awaited: str) -> str:
    """The page's elements once its script has run, as markup; asked again while they lack `awaited`."""
    assert BROWSER is not None
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *(f"--user-data-dir={profile}", "--virtual-time-budget=8000", "--dump-dom", address),
    ]
    until = time.monotonic() + 90
    while True:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        if awaited in done.stdout or time.monotonic() > until:
            return done.stdout


def _texts(page: str, kind: str) -> list[str]:
    found = re.findall(
        rf'<div class="part {kind}[^"]*"><div class="who">.*?</div><pre>(.*?)</pre>', page, re.DOTALL
    )
    return [unescape(text) for text in found]


def test_the_overview_draws_curves_stages_families_and_agents(address: str, tmp_path: Path) -> None:
    page = _drawn(address, tmp_path, "aria-sort")
    assert page.count('<figure class="chart">') == 3
    assert "Right, all rollouts" in page
    assert "stage 2" in page
    assert "letters" in page
    assert "SFT" in page
    assert "33.3 %" in page


def test_two_rollouts_of_a_group_stand_side_by_side_and_markup_stays_text(
    address: str, tmp_path: Path
) -> None:
    page = _drawn(address + HOSTILE_ROLLOUT, tmp_path, "columns two")
    assert page.count('<section class="column"') == 2
    hostile = HOSTILE.replace("\x1b", "\x1b")
    assert [hostile in text for text in _texts(page, "output failed")] == [True, True]
    assert all(hostile in text for text in _texts(page, "script"))
    _assert_harmless(page)


def test_the_one_file_draws_the_same_and_filters_its_sample(run: Path, tmp_path: Path) -> None:
    file = write_static_page(run, tmp_path / "run.html")
    page = _drawn(f"file://{file}{HOSTILE_ROLLOUT}&family=letters&right=false", tmp_path / "p", "columns two")
    assert page.count('<section class="column"') == 2
    assert "1 rollout \N{MIDDLE DOT} 0.0 % right" in page
    assert page.count('data-address="') == 1
    # Beside the elements that are drawn the file has the texts that it carries.
    _assert_harmless(page.partition('<script type="application/json"')[0])


def _assert_harmless(page: str) -> None:
    title = re.findall(r"<title>(.*?)</title>", page)
    assert title == ["small: run"]
    assert "<img" not in page
    assert "<svg onload" not in page
    assert re.findall(r"<script(?! src=\"\w+\.js\" defer)", page.partition("</head>")[2]) == []
    assert re.findall(r"<[^>]*\son(?:error|load)=", page) == []
