"""The alerts: each is played through by Prometheus' own tool, once so that it fires and once so that it does not."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from source_files import ROOT

from actors.handles.series import BY_NAME
from driver.monitoring.alerts import ALERTS, rules_text

FILE = ROOT / "deploy" / "prometheus" / "rules.yaml"


def stays(value: float, then: float | None = None) -> str:
    """Ten hours of a value, or an hour of it and nine of another, minute by minute as promtool writes it."""
    return f"{value}+0x600" if then is None else f"{value}+0x60 {then}+0x540"


def grows(by: float) -> str:
    return f"0+{by}x600"


TRAINING = {
    "phase_active{phase='train'}": stays(1),
    "stage_open{stage='1'}": stays(0),
    "stage_open{stage='2'}": stays(1),
}
WORDS, MEASURING = "progress_time{phase='potential'}", "phase_active{phase='potential'}"
STEP, PROGRESS = "step_s{phase='train'}", "progress_time{phase='train'}"
STD = "reward_std{phase='train',stage='2'}"
MEAN, CUT = "mismatch_mean{phase='train'}", "mismatch_beyond_cap{phase='train'}"
SANDBOX, ROLLOUT = "failures{boundary='sandbox'}", "failures{boundary='rollout'}"
DROPPED, SILENT = "dropped{reason='infrastructure'}", "dropped{reason='no_signal'}"
MADE, TOOLS = "rollouts{state='generated'}", "executions_per_rollout{phase='train'}"
QUEUE, GAP = "execute_queue_s_mean{phase='train'}", "accounting_gap{phase='train'}"
# Alert, what happens, the series, and whether it fires after five hours. The clock of promtool starts at zero.
PLAYS: list[tuple[str, str, dict[str, str], bool]] = [
    ("R1ciStalled", "a step every minute", {STEP: stays(60), PROGRESS: grows(60)}, False),
    ("R1ciStalled", "none since the first hour", {STEP: stays(60), PROGRESS: "0+60x60 3600+0x540"}, True),
    ("R1ciStalled", "steps of an hour each", {STEP: stays(3600), PROGRESS: "0+0x60 3600+0x540"}, False),
    ("R1ciStalled", "no first step for five hours", {PROGRESS: stays(0)}, True),
    ("R1ciStalled", "answers for five hours", {WORDS: grows(60), MEASURING: stays(1)}, False),
    ("R1ciStalled", "no answer for four hours", {WORDS: "0+60x60 3600+0x540", MEASURING: stays(1)}, True),
    ("R1ciStalled", "traces for five hours", {WORDS.replace("potential", "synthesize"): stays(0)}, False),
    ("R1ciStalled", "over", {PROGRESS: stays(0), "phase_active{phase='train'}": stays(0)}, False),
    ("R1ciRewardSpreadCollapse", "siblings that all get the same", {STD: stays(0.001)}, True),
    ("R1ciRewardSpreadCollapse", "siblings that differ", {STD: stays(0.3)}, False),
    ("R1ciRewardSpreadCollapse", "a stage that is over", {STD.replace("2", "1"): stays(0.001)}, False),
    ("R1ciMismatch", "a fifth of a nat", {MEAN: stays(0.2)}, True),
    ("R1ciMismatch", "one token in ten cut", {CUT: stays(0.1)}, True),
    ("R1ciMismatch", "the usual", {MEAN: stays(0.02), CUT: stays(0.001)}, False),
    ("R1ciInfrastructureFailures", "one of ten", {SANDBOX: grows(1), MADE: grows(10)}, True),
    ("R1ciInfrastructureFailures", "one of a hundred", {SANDBOX: grows(1), MADE: grows(100)}, False),
    ("R1ciInfrastructureFailures", "three of forty", {SANDBOX: grows(1), ROLLOUT: grows(2), MADE: grows(40)}, True),
    ("R1ciDroppedShare", "three of ten for faults", {DROPPED: grows(3), MADE: grows(10)}, True),
    ("R1ciDroppedShare", "half without signal", {SILENT: grows(5), MADE: grows(10)}, False),
    ("R1ciDroppedShare", "nearly all without signal", {SILENT: grows(95), MADE: grows(100)}, True),
    ("R1ciToolUseCollapse", "from two scripts to none", {TOOLS: stays(2, then=0.1)}, True),
    ("R1ciToolUseCollapse", "from two scripts to one", {TOOLS: stays(2, then=1)}, False),
    ("R1ciToolUseCollapse", "never more than a few", {TOOLS: stays(0.1)}, False),
    ("R1ciSandboxQueue", "twenty seconds in line", {QUEUE: stays(20)}, True),
    ("R1ciSandboxQueue", "a tenth of a second", {QUEUE: stays(0.1)}, False),
    ("R1ciAccounting", "five rollouts missing", {GAP: stays(5)}, True),
    ("R1ciAccounting", "none missing", {GAP: stays(0)}, False),
]  # fmt: skip


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    return found


def series(name: str) -> str:
    """`step{phase='train'}` by its name in Prometheus, of one run."""
    stem, _, labels = name.partition("{")
    more = f", {labels.removesuffix('}')}" if labels else ""
    return f"{BY_NAME[stem].prometheus_name}{{run='a'{more}}}"


def test_the_committed_rules_are_what_the_code_gives() -> None:
    assert FILE.read_text() == rules_text(), "run `make dashboard`"


def test_every_series_that_a_rule_names_is_in_the_table() -> None:
    names = {name for alert in ALERTS for name in re.findall(r"\bray_r1ci_(\w+)", alert.expr)}
    assert names
    assert names <= BY_NAME.keys()


def test_every_label_that_a_rule_asks_for_is_one_of_the_series() -> None:
    for alert in ALERTS:
        for name, selector in re.findall(r"\bray_r1ci_(\w+)\{([^}]*)\}", alert.expr):
            asked = set(re.findall(r"(\w+)(?:!=|=~|!~|=)", selector))
            assert asked <= set(BY_NAME[name].labels), (alert.name, name)


def test_prometheus_takes_the_rules(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "check", "rules", str(FILE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_every_alert_is_played_both_ways() -> None:
    played = {(alert, fires) for alert, _, _, fires in PLAYS}
    assert played == {(alert.name, fires) for alert in ALERTS for fires in (True, False)}


def test_each_alert_fires_when_it_should_and_not_else(promtool: str, tmp_path: Path) -> None:
    tests: list[dict[str, Any]] = []
    (tmp_path / "rules.yaml").write_text(rules_text())
    for name, what, values, fires in PLAYS:
        inputs = [{"series": series(key), "values": text} for key, text in {**TRAINING, **values}.items()]
        query = f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)'
        tests.append(
            {
                "name": f"{name}: {what}",
                "interval": "1m",
                "input_series": inputs,
                "promql_expr_test": [
                    {"expr": query, "eval_time": "5h", "exp_samples": [{"labels": "{}", "value": int(fires)}]}
                ],
            }
        )
    path = tmp_path / "play.yaml"
    path.write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "5m", "tests": tests})
    )
    done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_and_no_other_is_explained_in_the_document() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    explained = re.findall(r"^\| (R1ci\w+) \|", text, re.MULTILINE)
    assert explained == [alert.name for alert in ALERTS]
    assert set(re.findall(r"R1ci\w+", text)) == set(explained)
