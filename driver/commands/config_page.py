"""Every key of a run config, as a page in Markdown: `docs/config.md` is what this gives."""

import json
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from driver.config import RunConfig

_HEAD = """\
# Config

Every key of a run config: what it may be, what it is if nothing is said, and what it means. Presets and files in YAML
nest the sections (`driver/configs/laptop.yaml`); on the command line a key is written with its dots, its value as YAML:

    python -m driver run laptop learner.sft.lr=2e-5 'evaluation.policies=["sft", "grpo"]'

This page is made from the code by `make docs`; a test compares the two.
"""

_NAMES = {
    **{int: "integer", float: "number", str: "text", bool: "`true` or `false`", Path: "path"},
    type(None): "`null`",
}
_BOUNDS = ((Gt, "gt", "above"), (Ge, "ge", "at least"), (Lt, "lt", "below"), (Le, "le", "at most"))


def config_page(config: type[BaseModel] = RunConfig) -> str:
    """The page: a table for the keys of the run itself, then one for each section, in the config's own order."""
    parts = [_HEAD, _table("", config, {})]
    for key, field, section in _sections("", config):
        text, table = _sentence(field.description), _table(f"{key}.", section, _defaults(field))
        parts.append(f"## {key}\n\n{text}\n\n{table}")
    return "\n".join(parts)


def _sections(prefix: str, config: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, type[BaseModel]]]:
    """Dotted key, field and type of each section, those inside right after the one that holds them."""
    for name, field in config.model_fields.items():
        for section in _models(field.annotation):
            yield prefix + name, field, section
            yield from _sections(f"{prefix}{name}.", section)


def _defaults(field: FieldInfo) -> dict[str, Any]:
    """What a section sets that differs from its type's own defaults: a schedule is cosine here and constant there."""
    section = field.default
    return {name: getattr(section, name) for name in getattr(section, "model_fields_set", ())}


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The sections that a field of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [model for part in get_args(annotation) for model in _models(part)]
    return []


def _table(prefix: str, config: type[BaseModel], defaults: dict[str, Any]) -> str:
    rows = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in config.model_fields.items():
        if _models(field.annotation):
            cells = [
                f"[`{prefix}{name}`](#{(prefix + name).replace('.', '')})",
                "section",
                "",
                _sentence(field.description),
            ]
        else:
            value = _type(field.annotation) + _bounds(field.metadata)
            default = _code(defaults[name]) if name in defaults else _default(field)
            cells = [f"`{prefix}{name}`", value, default, _sentence(field.description)]
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _type(annotation: Any) -> str:
    """`int | None` as `integer or null`, a `Literal` as its values."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0]) + _bounds(parts[1:])
    if origin is Literal:
        return _either([_code(value) for value in parts])
    if origin in (Union, types.UnionType):
        return _either([_type(part) for part in parts])
    if origin is tuple and parts[-1] is Ellipsis:
        return f"list of {_type(parts[0])}"
    if origin is tuple:
        return f"list of {len(parts)}: {', '.join(_type(part) for part in parts)}"
    if origin is dict:
        return f"map from {_type(parts[0])} to {_type(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _either([_code(member.value) for member in annotation])
    return _NAMES.get(annotation, str(annotation))


def _either(choices: list[str]) -> str:
    return ", ".join(choices[:-1]) + " or " + choices[-1] if len(choices) > 1 else choices[0]


def _bounds(marks: Iterable[Any]) -> str:
    """The limits that are checked when a config is read."""
    said = []
    for mark in marks:
        if isinstance(mark, FieldInfo):
            said.append(_bounds(mark.metadata).removeprefix(", "))
        said += [f"{word} {getattr(mark, name):g}" for kind, name, word in _BOUNDS if isinstance(mark, kind)]
        if isinstance(mark, MinLen):
            said.append(f"{mark.min_length} or more entries")
        if isinstance(mark, MaxLen):
            said.append(f"{mark.max_length} or fewer entries")
        if getattr(mark, "pattern", None):
            said.append(f"matching `{mark.pattern}`")
    return "".join(f", {limit}" for limit in said)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return f"what `{field.default_factory.__module__}.{field.default_factory.__name__}()` gives"
    if field.default is PydanticUndefined:
        return "none: it must be set"
    return _code(field.default)


def _code(value: Any) -> str:
    """A value as it is written in YAML and on the command line."""
    if isinstance(value, Path):
        return f"`{value}`"
    if isinstance(value, str):
        return f"`{value}`" if value else '`""`'
    return f"`{json.dumps(value)}`"
