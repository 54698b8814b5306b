"""Reads a run config: a preset or a YAML file, then `key=value` overrides, then the rules of `RunConfig`."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from driver.config import RunConfig
from driver.errors import ConfigError

PRESETS = Path(__file__).parent / "configs"
METHODS = PRESETS / "methods"

RENAMED_KEYS: dict[str, str] = {
    "rollout.protocol": "rollout.instructions",
    "potential.protocols": "potential.agents",
    "potential.instructions": "potential.agents",
    "potential.temperature": "potential.temperatures",
    "learner.model_path": "model",
    "learner.publish_dtype": "engine.dtype",
    "learner.grpo.temperature": "rollout.temperature",
    "learner.grpo.max_staleness": "training.max_staleness",
}
"""Keys of earlier versions and what to set instead, both dotted: a config that has one is refused with the new name."""


_MAY_BE_SECRET = frozenset({"endpoint.key_env", "endpoint.base_url"})
"""Keys that somebody may put a secret into by mistake: what was given is not repeated."""


def load_config(source: str, overrides: Sequence[str] = ()) -> RunConfig:
    """The config in `source` with `overrides` applied, over the choices of its `method`.

    Args:
        source: a YAML file, or the name of a preset in `driver/configs`.
        overrides: `section.key=value`; values are read as YAML.

    Raises:
        ConfigError: no such file, not YAML, an unknown key (the nearest right one is named), or a rule broken.
    """
    data = _read(source)
    for override in overrides:
        _apply(data, override)
    return _validated(_over_method(data), source)


def dump_config(config: RunConfig) -> str:
    """The resolved config as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _read(source: str) -> dict[str, Any]:
    path = Path(source)
    if not path.suffix and not path.is_file():
        path = PRESETS / f"{source}.yaml"
    if not path.is_file():
        names = sorted(p.stem for p in PRESETS.glob("*.yaml"))
        near = difflib.get_close_matches(Path(source).stem, names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(
            f"no config file {source} and no preset of that name (there are: {', '.join(names)}).{hint}"
        )
    try:
        data = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold `key: value` lines, not a {type(data).__name__}")
    return data


def _over_method(data: dict[str, Any]) -> dict[str, Any]:
    """The config over the choices of its `method`: what it sets itself goes before."""
    method = data.get("method", RunConfig.model_fields["method"].default)
    path = METHODS / f"{method}.yaml"
    # A method that is none is refused with the other values.
    return _laid_over(_read(str(path)), data) if isinstance(method, str) and path.is_file() else data


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for name, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(name), dict):
            merged[name] = _laid_over(below[name], value)
    return merged


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"override {override!r} is not of the form section.key=value")
    *sections, last = key.split(".")
    for section in sections:
        data = data.setdefault(section, {})
        if not isinstance(data, dict):
            raise ConfigError(f"override {override!r}: {section} is a value, not a section")
    try:
        data[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"override {override!r}: the value is not YAML: {error}") from error


def _validated(data: dict[str, Any], source: str) -> RunConfig:
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        lines = [_explained(e["loc"], e["type"], e["msg"], e.get("input")) for e in error.errors()]
        raise ConfigError(f"config {source}: " + "; ".join(lines)) from error


def _explained(location: tuple[Any, ...], kind: str, message: str, value: Any) -> str:
    name = ".".join(str(part) for part in location)
    if kind != "extra_forbidden":
        message = message.removeprefix("Value error, ")
        if name in _MAY_BE_SECRET:
            return f"{name}: {message}"
        return f"{name}={value!r}: {message}" if name else message
    if name in RENAMED_KEYS:
        return f"{name} has another name now: set {RENAMED_KEYS[name]}"
    known = known_keys(RunConfig)
    section, _, last = name.rpartition(".")
    siblings = [k for k in known if k.rpartition(".")[0] == section]
    near = (
        [k for k in known if section and k.startswith(f"{section}.") and k.rpartition(".")[2] == last]
        or difflib.get_close_matches(name, siblings, 1, 0.5)
        or [k for k in known if k.rpartition(".")[2] == last]
        or difflib.get_close_matches(name, known, 1, 0.3)
    )
    return f"unknown key {name}" + (f", did you mean {near[0]}?" if near else "")


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted key that a config of this type may have."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += known_keys(field.annotation, f"{prefix}{name}.")
    return keys
