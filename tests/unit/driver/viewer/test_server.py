import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from source_files import ROOT

from driver.errors import RunFolderError
from driver.viewer.server import _say_where, is_loopback, serve_page
from tests.unit.driver.viewer.view_cases import write_run


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("node-3", False),
        ("", False),
    ],
)
def test_only_addresses_of_this_machine_alone_are_loopback(host: str, is_local: bool) -> None:
    assert is_loopback(host) is is_local


def test_a_port_that_is_taken_is_told_with_the_cure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunFolderError, match=f"port {port} .*--port 0 takes a free one"):
            serve_page(write_run(tmp_path), "127.0.0.1", port)


def test_an_address_that_others_reach_is_said_in_words_with_its_token(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _say_where("small", "192.168.0.7", 8270, "abc")
    told = capsys.readouterr().out
    assert "http://192.168.0.7:8270/?token=abc" in told
    assert "can read every rollout of the run" in told
    _say_where("small", "127.0.0.1", 8270, None)
    told = capsys.readouterr().out
    assert "run small: http://127.0.0.1:8270/" in told
    assert "token" not in told


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_command_says_where_serves_the_run_and_ends_with_ctrl_c(tmp_path: Path, host: str) -> None:
    command = [
        sys.executable,
        "-m",
        "driver",
        "view",
        str(write_run(tmp_path)),
        "--port",
        "0",
        "--host",
        host,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as viewer:
        try:
            assert viewer.stdout is not None
            told = re.search(r"run small: http://\S+?:(\d+)/(\S*)", viewer.stdout.readline())
            assert told is not None
            address = f"http://127.0.0.1:{told[1]}/"
            asking = build_opener(ProxyHandler({}))
            if host == "127.0.0.1":
                assert told[2] == ""
                with asking.open(f"{address}api/run") as answer:
                    assert json.load(answer)["num_rollouts"] == 10
            else:
                assert "can read every rollout" in viewer.stdout.readline()
                with pytest.raises(HTTPError) as refused:
                    asking.open(f"{address}api/run")
                assert refused.value.code == 401
        finally:
            viewer.send_signal(signal.SIGINT)
        assert viewer.wait(timeout=60) == 0
        assert viewer.stderr is not None
        assert viewer.stderr.read() == ""
