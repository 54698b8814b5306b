import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from source_files import ROOT

from driver.config import RunConfig
from driver.config_loading import PRESETS, RENAMED_KEYS, dump_config, known_keys, load_config
from driver.errors import ConfigError

HEAVY = ("ray", "torch", "vllm", "deepspeed", "transformers")


@pytest.mark.parametrize("name", sorted(p.stem for p in PRESETS.glob("*.yaml")))
def test_every_preset_loads_and_comes_back_from_its_own_dump(name: str, tmp_path: Path) -> None:
    config = load_config(name)
    path = tmp_path / "copy.yaml"
    path.write_text(dump_config(config))
    assert load_config(str(path)) == config


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("modell", "model"),
        ("rollot", "rollout"),
        ("rollout.group_sise", "rollout.group_size"),
        ("group_size", "rollout.group_size"),
        ("learner.lr", "learner.sft.lr"),
        ("learner.grpo.clip_hi", "learner.grpo.clip_high"),
        ("sandbox.workers", "sandbox.num_workers"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_right_name(key: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", [f"{key}=1"])
    assert f"unknown key {key}, did you mean {meant}?" in str(caught.value)


def test_an_unknown_key_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(ConfigError, match=r"unknown key zzzz$"):
        load_config("smoke", ["zzzz=1"])


def test_an_unknown_key_in_a_file_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("rollout: {group_sise: 4}\n")
    with pytest.raises(
        ConfigError, match=r"run.yaml: unknown key rollout.group_sise, did you mean rollout.group_size"
    ):
        load_config(str(path))


def test_overrides_go_before_the_file_and_are_read_as_yaml() -> None:
    overrides = [
        "rollout.group_size=6",
        "learner.sft.lr=2e-5",
        "training.refill=false",
        "tasks.families=[gcd]",
    ]
    config = load_config("laptop", overrides)
    assert config.rollout.group_size == 6
    assert config.learner.sft.lr == 2e-5
    assert config.training.refill is False
    assert config.tasks.families == ("gcd",)
    # The rest of a section stays as it was.
    assert config.rollout.max_executions == load_config("laptop").rollout.max_executions


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("rollout.group_size", "not of the form section.key=value"),
        ("=3", "not of the form section.key=value"),
        ("name.first=x", "name is a value, not a section"),
        ("rollout.group_size=[", "the value is not YAML"),
        ("rollout.group_size=one", "rollout.group_size='one': Input should be a valid integer"),
        ("rollout.group_size=1", "rollout.group_size=1: Input should be greater than or equal to 2"),
    ],
)
def test_a_bad_override_is_refused_in_words(override: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", [override])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["engine.max_model_len=256"], "engine.max_model_len=256 is below rollout.max_rollout_tokens=512"),
        (
            ["learner.grpo.temperature=0.5"],
            "learner.grpo.temperature has another name now: set rollout.temperature",
        ),
        (["learner.grpo.max_staleness=1"], "now: set training.max_staleness"),
        (["learner.publish_dtype=float16"], "now: set engine.dtype"),
        (["learner.model_path=m"], "now: set model"),
        (["potential.agents=[text, code_agent]"], "begins with 'text' but rollout.agent is 'code_agent'"),
        (["evaluation.agents=[code_agent, text, text]"], "names an agent twice"),
        (
            ["potential.instructions=[short]"],
            "potential.instructions has another name now: set potential.agents",
        ),
        (["potential.agents=[]"], "potential.agents"),
        (["potential.temperatures=[1.0, -1]"], "potential.temperatures.1=-1"),
        (["rollout.temperature=0"], "rollout.temperature=0"),
        (["rollout.execution_timeout_s=601"], "rollout.execution_timeout_s=601"),
        (["curriculum.steps_per_stage=[1]"], "curriculum.steps_per_stage"),
        (["learner.grpo.overlong=soft"], "set reward.overlong_window"),
        (["reward.overlong_window=9"], "=9, but learner.grpo.overlong=keep has no penalty"),
        (["reward.overlong_window=9", "learner.grpo.overlong=mask"], "set learner.grpo.overlong to soft"),
        (
            ["reward.overlong_window=9", "learner.grpo.overlong=soft", "reward.shaping=none"],
            "set reward.shaping to mixed_groups or always",
        ),
        (
            ["reward.overlong_window=64", "learner.grpo.overlong=soft"],
            "reward.overlong_window=64 is not below rollout.max_turn_tokens=64",
        ),
        (["learner.grpo.kl_estimator=k1"], "set beta above 0"),
    ],
)
def test_a_rule_across_sections_is_told_with_its_keys_and_numbers(overrides: list[str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", overrides)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["sandbox.timeout_s=1"], "rollout.execution_timeout_s=5 is above sandbox.timeout_s=1"),
        (["sandbox.memory_mib=128"], "rollout.execution_memory_mib=256 is above sandbox.memory_mib=128"),
        (
            ["rollout.max_observation_chars=300", "sandbox.output_bytes=256"],
            "rollout.max_observation_chars=300 is above sandbox.output_bytes=256",
        ),
        (
            ["rollout.max_turn_tokens=600"],
            "rollout.max_turn_tokens=600 is above rollout.max_rollout_tokens=512",
        ),
        (
            ["sandbox.output_kill_bytes=2048"],
            "sandbox.output_bytes=65536 is above sandbox.output_kill_bytes=2048",
        ),
        (["sandbox.file_mib=200"], "sandbox.file_mib=200 is above sandbox.scratch_mib=128"),
    ],
)
def test_what_another_setting_would_cap_in_silence_is_refused_with_both_keys(
    overrides: list[str], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", overrides)
    assert words in str(caught.value)


def test_what_is_asked_may_be_exactly_what_is_given() -> None:
    config = load_config(
        "smoke", ["sandbox.timeout_s=5", "sandbox.memory_mib=256", "rollout.max_turn_tokens=512"]
    )
    assert config.rollout.execution_timeout_s == config.sandbox.timeout_s


def test_the_scorer_is_told_of_the_token_limits_and_whether_they_cost() -> None:
    role = load_config("smoke", ["learner.grpo.overlong=soft", "reward.overlong_window=16"]).reward_role
    assert (role.penalises_overlong, role.max_turn_tokens, role.max_rollout_tokens) == (True, 64, 512)
    assert not load_config("smoke").reward_role.penalises_overlong


def _float_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += _float_keys(field.annotation, f"{prefix}{name}.")
        elif "float" in str(field.annotation):
            keys.append(prefix + name)
    return keys


@pytest.mark.parametrize("key", _float_keys(RunConfig))
@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan"])
def test_no_setting_takes_a_number_that_is_not_finite(key: str, value: str) -> None:
    several = key in ("learner.betas", "curriculum.thresholds")
    with pytest.raises(ConfigError, match=f"{key}(.0)?="):
        load_config("smoke", [f"{key}=[{value}, 0]" if several else f"{key}={value}"])


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"rollout.top_p=2.*; unknown key zzzz"):
        load_config("smoke", ["rollout.top_p=2", "zzzz=1"])


def test_a_missing_config_names_the_presets_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no preset of that name \(.*laptop.*\). Did you mean laptop\?"):
        load_config("labtop")
    with pytest.raises(ConfigError, match="no config file"):
        load_config(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [", "cannot be read as YAML"), ("- 1\n", "must hold `key: value` lines, not a list")],
)
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_config(str(path))


def test_a_folder_does_not_hide_the_preset_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smoke").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_config("smoke").name == "smoke"


def test_every_setting_is_explained() -> None:
    def unexplained(model: type, prefix: str = "") -> list[str]:
        names = []
        for name, field in model.model_fields.items():
            inner = field.annotation
            names += [] if field.description else [prefix + name]
            if isinstance(inner, type) and hasattr(inner, "model_fields"):
                names += unexplained(inner, f"{prefix}{name}.")
        return names

    assert unexplained(RunConfig) == []


def test_what_other_sections_decide_is_the_learners_role() -> None:
    role = load_config("smoke", ["rollout.temperature=0.8", "training.max_staleness=2"]).learner_role
    assert (role.temperature, role.max_staleness, role.publish_dtype) == (0.8, 2, "float32")
    assert load_config("smoke").num_steps == 2


def test_known_keys_are_those_of_a_dump() -> None:
    def keys(data: dict, prefix: str = "") -> set[str]:
        found = {prefix + name for name in data}
        sections = ((n, v) for n, v in data.items() if isinstance(v, dict))
        return found.union(*(keys(value, f"{prefix}{name}.") for name, value in sections))

    assert keys(yaml.safe_load(dump_config(RunConfig()))) == set(known_keys(RunConfig))


def test_loading_a_config_loads_no_heavy_package() -> None:
    code = (
        "import sys, driver.config_loading as c; c.load_config('laptop'); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    root = ROOT
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_key_of_an_earlier_version_is_refused_with_its_new_name() -> None:
    for old, new in RENAMED_KEYS.items():
        with pytest.raises(ConfigError, match=re.escape(f"{old} has another name now: set {new}")):
            load_config("laptop", [f"{old}=1"])
    assert not RENAMED_KEYS.keys() & set(known_keys(RunConfig))
