import json
from pathlib import Path

import pytest

from driver.viewer.guard import HEADERS
from tests.unit.driver.viewer.view_cases import HOSTILE, SHOWN, client, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("view") / "run")


async def test_every_answer_lets_no_script_run_but_the_pages_own(run: Path) -> None:
    async with client(run) as asking:
        for path in ("/", "/main.js", "/api/run", "/api/rollouts", "/no-such-file", "/api/rollouts?page=0"):
            answer = await asking.get(path)
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_the_page_is_made_of_files_of_its_own(run: Path) -> None:
    async with client(run) as asking:
        page = await asking.get("/")
        assert page.headers["content-type"].startswith("text/html")
        for name, kind in (
            ("main.js", "text/javascript"),
            ("viewer.css", "text/css"),
            ("icon.svg", "image/svg+xml"),
        ):
            answer = await asking.get(f"/{name}")
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
        for name in ("app.py", "..%2Fapp.py", "..%2F..%2Fconfig.py", "%2Fetc%2Fpasswd"):
            assert (await asking.get(f"/{name}")).status_code == 404


async def test_the_list_and_the_overview_are_asked_for_as_json(run: Path) -> None:
    async with client(run) as asking:
        state = (await asking.get("/api/run")).json()
        assert (state["name"], state["num_rollouts"]) == ("small", 10)
        page = (
            await asking.get("/api/rollouts", params={"family": "gcd", "right": "false", "size": 2})
        ).json()
        assert (page["total"], len(page["rows"])) == (4, 2)
        curves = (
            await asking.get("/api/curves", params={"phase": "train", "name": ["loss", "success_rate"]})
        ).json()
        assert [(curve["name"], curve["steps"]) for curve in curves] == [
            ("loss", [1, 3, 4]),
            ("success_rate", [1, 2, 3, 4]),
        ]


async def test_a_rollout_comes_with_its_parts_its_siblings_and_its_advantage(run: Path) -> None:
    async with client(run) as asking:
        answer = await asking.get("/api/rollout", params={"file": "train-00001", "rollout_id": "train/1/0"})
    found = answer.json()
    assert [part["kind"] for part in found["parts"]] == ["model", "script", "output", "model"]
    assert found["parts"][2]["text"] == f"{SHOWN}6\n"
    assert (found["question"], found["answer"], found["task_id"]) == ("gcd of 12 and 18?", "6", "s/gcd/1")
    # Rewards 1 and 0: a half above the mean.
    assert found["advantage"] == 0.5
    assert [(line["rollout_id"], line["reward"]) for line in found["siblings"]] == [
        ("train/1/0", 1.0),
        ("train/1/1", 0.0),
    ]


async def test_an_evaluation_has_no_advantage(run: Path) -> None:
    async with client(run) as asking:
        asked = {"file": "evaluate-sft-1", "rollout_id": "evaluate/sft/e/1"}
        assert (await asking.get("/api/rollout", params=asked)).json()["advantage"] is None


async def test_what_a_model_wrote_is_handed_on_as_it_is_and_as_nothing_but_json(run: Path) -> None:
    async with client(run) as asking:
        answer = await asking.get("/api/rollout", params={"file": "train-00004", "rollout_id": "train/4/1"})
    assert answer.headers["content-type"] == "application/json"
    found = json.loads(answer.content)
    assert found["question"] == f"What is this? {HOSTILE}"
    assert found["parts"][2] == {
        "kind": "output",
        "text": SHOWN + HOSTILE,
        "number": 1,
        "termination": "error",
        "tokens": None,
    }


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (
            "/api/rollout?file=train-00001&rollout_id=none",
            404,
            "there is no rollout none in rollouts/train-00001.parquet",
        ),
        ("/api/rollout?file=../config&rollout_id=x", 404, "there is no rollout x"),
        ("/api/rollouts?order=sideways", 422, "order"),
        ("/api/rollouts?size=100000", 422, "size"),
        ("/api/rollouts?no_such_filter=1", 422, "no_such_filter"),
        ("/api/curves?phase=train", 422, "name"),
    ],
)
async def test_what_cannot_be_answered_is_told(run: Path, path: str, status: int, words: str) -> None:
    async with client(run) as asking:
        answer = await asking.get(path)
    assert answer.status_code == status
    assert words in answer.text


async def test_a_file_that_is_damaged_since_it_was_listed_is_told(tmp_path: Path) -> None:
    async with client(write_run(tmp_path)) as asking:
        await asking.get("/api/rollouts")
        path = tmp_path / "rollouts" / "train-00004.parquet"
        data = bytearray(path.read_bytes())
        # The footer stays: the file still says what it holds, its pages do not hold it any more.
        data[4 : len(data) // 2] = bytes(len(data) // 2 - 4)
        path.write_bytes(data)
        answer = await asking.get("/api/rollout", params={"file": "train-00004", "rollout_id": "train/4/1"})
        assert answer.status_code in (404, 422)
        assert "train-00004.parquet" in answer.json()["detail"]
        assert (await asking.get("/api/rollouts")).json()["total"] == 6


@pytest.mark.parametrize("host", ["127.0.0.1:8270", "localhost", "[::1]:8270", "LOCALHOST:1"])
async def test_on_loopback_the_machines_own_names_are_answered(run: Path, host: str) -> None:
    async with client(run) as asking:
        assert (await asking.get("/api/run", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8270", "", "[::2]"])
async def test_a_name_that_was_made_to_point_here_is_refused(run: Path, host: str) -> None:
    async with client(run) as asking:
        answer = await asking.get("/api/run", headers={"Host": host})
    assert answer.status_code == 400
    assert "loopback only" in answer.text


async def test_with_a_token_nothing_is_shown_without_it_and_it_leaves_the_address_at_once(run: Path) -> None:
    async with client(run, token="right-token", names=None) as asking:
        for path in ("/", "/main.js", "/api/run", "/api/run?token=wrong", "/?token="):
            assert (await asking.get(path)).status_code == 401
        entry = await asking.get("/?token=right-token&x=1")
        assert (entry.status_code, entry.headers["location"]) == (303, "/?x=1")
        cookie = entry.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await asking.get("/api/run")).status_code == 200
    async with client(run, token="right-token", names=None) as asking:
        name = cookie.partition("=")[0]
        for value in ("wrong", "", "right-toke"):
            assert (await asking.get("/api/run", headers={"Cookie": f"{name}={value}"})).status_code == 401


async def test_two_viewers_on_one_machine_do_not_take_each_others_cookie(run: Path) -> None:
    names = set()
    for token in ("one-token", "other-token"):
        async with client(run, token=token, names=None) as asking:
            names.add((await asking.get(f"/?token={token}")).headers["set-cookie"].partition("=")[0])
    assert len(names) == 2


async def test_nothing_can_be_changed_through_the_page(run: Path) -> None:
    async with client(run) as asking:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await asking.request(method, "/api/run")).status_code == 405
