"""The page in a real browser, where this machine has one: what is drawn, what keys do, and that markup stays text."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn

from driver.viewer import write_static_page
from driver.viewer.app import create_app
from driver.viewer.run_reader import RunReader
from tests.unit.driver.viewer.browser import PROGRAM, Page, browser_page
from tests.unit.driver.viewer.view_cases import HOSTILE, scored, write_rollouts, write_run

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: the page is not drawn here"),
    # One browser serves all: starting it takes longer than the tests.
    pytest.mark.asyncio(loop_scope="module"),
]

HOSTILE_ROLLOUT = "#/rollouts?open=train-00004%2Ftrain%2F4%2F0&beside=train%2F4%2F1"
LINES = "document.querySelectorAll('#list .line').length"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def address(run: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            create_app(RunReader(run)), log_level="error", lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    async with browser_page(tmp_path_factory.mktemp("browser")) as page:
        yield page


async def _texts(page: Page, selector: str) -> list[str]:
    found: list[str] = await page.value(
        f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent)"
    )
    return found


async def _assert_harmless(page: Page) -> None:
    """Nothing of what the model wrote became an element, and nothing of it ran."""
    assert await page.value("document.title") == "small: run"
    assert (
        await page.value(
            "document.querySelectorAll('main img, main script, main svg[onload], [onerror]').length"
        )
        == 0
    )


async def test_the_overview_draws_curves_stages_families_and_agents(page: Page, address: str) -> None:
    await page.open(address)
    await page.until(
        "document.querySelectorAll('figure.chart').length === 3 && document.querySelector('#overview-families td')"
    )
    assert await _texts(page, "figure .what") == ["Right, all rollouts", "Loss", "Loss"]
    assert await _texts(page, "#overview-families tbody th") == ["gcd", "lcm", "letters"]
    assert await _texts(page, "#overview-stages tbody th") == ["stage 1", "stage 2"]
    assert await _texts(page, "#overview-agents tbody th") == ["text"]
    # The last of the curve is read out, and an arrow key reads the step before it.
    assert (await _texts(page, "figure .reading"))[0] == "80.0 %"
    await page.value("document.querySelector('figure svg').focus()")
    await page.press("ArrowLeft")
    assert (await _texts(page, "figure .reading"))[0] == "step 3 60.0 %"


async def test_two_rollouts_of_a_group_stand_side_by_side_and_markup_stays_text(
    page: Page, address: str
) -> None:
    await page.open(address + HOSTILE_ROLLOUT)
    await page.until("document.querySelectorAll('section.column').length === 2")
    assert await _texts(page, ".question pre") == [f"What is this? {HOSTILE}"]
    for kind, count in (("output", 2), ("script", 2), ("model", 4)):
        texts = await _texts(page, f".part.{kind} pre")
        assert [HOSTILE in text for text in texts] == [True] * count
    await _assert_harmless(page)
    # Each byte of what the model wrote is a token that can be read.
    await page.value("document.querySelector('pre[tabindex]').focus()")
    await page.press("ArrowRight", "ArrowRight")
    assert await _texts(page, "#token") == ['"o" log-probability \u22120.250, probability 77.9 %, version 2']


async def test_keys_go_through_the_list_compare_search_and_turn_pages(
    page: Page, address: str, run: Path
) -> None:
    groups = [scored(f"train/{50 + i}", "many", f"question {i}", [1.0, 0.0]) for i in range(30)]
    write_rollouts(run, "train-00005", "train", 5, *groups)
    await page.open(f"{address}#/rollouts?phase=train&order=oldest")
    await page.until(f"{LINES} === 50")
    await page.press("j")
    await page.until("document.querySelector('#reader h2')?.textContent === 'gcd'")
    await page.press("j", "j", "k")
    await page.until("location.hash.includes('open=train-00001%2Ftrain%2F1%2F1')")
    await page.press("c")
    await page.until("document.querySelectorAll('section.column').length === 2")
    await page.press("Escape")
    await page.until("document.querySelectorAll('section.column').length === 1")
    await page.press("]")
    await page.until(f"{LINES} === 18")
    await page.press("/")
    assert await page.value("document.activeElement.id") == "f-text"
    await page.press(*"strawb")
    await page.until(f"{LINES} === 2")
    assert await page.value("new URLSearchParams(location.hash.split('?')[1]).get('text')") == "strawb"


async def test_rollouts_that_are_new_wait_until_they_are_asked_for(
    page: Page, address: str, run: Path
) -> None:
    await page.open(f"{address}#/rollouts")
    await page.until(f"{LINES} === 10")
    write_rollouts(run, "train-00005", "train", 5, scored("train/9", "new_family", "?", [1.0]))
    await page.until("document.querySelector('#new button')")
    assert await page.value(LINES) == 10
    assert await _texts(page, "#new button") == ["Show 1 new rollout"]
    await page.value("document.querySelector('#new button').click()")
    await page.until(f"{LINES} === 11")
    assert "new_family" in await _texts(page, "#f-family option")


async def test_a_damaged_file_is_told_at_the_top_and_the_rest_is_drawn(
    page: Page, address: str, run: Path
) -> None:
    (run / "rollouts" / "train-00002.parquet").write_bytes(b"PAR1")
    (run / "evaluation.json").write_bytes(b"{")
    await page.open(address)
    await page.until("document.querySelectorAll('figure.chart').length === 3")
    notices = " ".join(await _texts(page, "#notices .notice"))
    assert "train-00002.parquet cannot be read" in notices
    assert "evaluation.json is not JSON" in notices


async def test_the_one_file_draws_the_same_and_filters_its_sample(
    page: Page, run: Path, tmp_path: Path
) -> None:
    file = write_static_page(run, tmp_path / "run.html")
    await page.open(f"file://{file}{HOSTILE_ROLLOUT}&family=letters&right=false")
    await page.until("document.querySelectorAll('section.column').length === 2")
    assert await page.value(LINES) == 1
    assert await _texts(page, ".question pre") == [f"What is this? {HOSTILE}"]
    await _assert_harmless(page)


async def test_on_a_narrow_screen_the_list_gives_way_to_the_rollout(page: Page, address: str) -> None:
    await page.narrow(390, 800)
    await page.open(f"{address}#/rollouts")
    await page.until(f"{LINES} === 10")
    is_shown = "getComputedStyle(document.querySelector('{}')).display !== 'none'"
    assert await page.value(is_shown.format(".side"))
    assert not await page.value(is_shown.format("#reader"))
    await page.value("document.querySelector('#list .line').click()")
    await page.until(is_shown.format("#reader"))
    assert not await page.value(is_shown.format(".side"))
    # Nothing sticks out to the side.
    assert await page.value("document.documentElement.scrollWidth") == 390
