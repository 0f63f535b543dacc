"""Untrusted YAML: plain mappings, lists and scalars, without aliases."""

from __future__ import annotations

from typing import Any

import yaml

from metabench.limits import FRONT_MATTER_BYTES, YAML_NESTING

__all__ = ["parse_yaml"]

_REFUSED = {
    yaml.AliasToken: "an alias",
    yaml.AnchorToken: "an anchor",
    yaml.TagToken: "a tag",
}
"""Syntax that multiplies content, or makes anything but text, numbers, lists and mappings."""

_STARTS = (
    yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken,
)  # fmt: skip
_ENDS = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


def parse_yaml(text: str) -> Any:
    """Return the value that a YAML text holds.

    Without anchors a merge key has nothing to multiply.

    Raises:
        ValueError: it is too long or not YAML, or has an alias, an anchor or a tag.
    """
    if len(text) > FRONT_MATTER_BYTES:
        raise ValueError(f"is larger than {FRONT_MATTER_BYTES // 1024} KiB")
    try:
        _refuse(text)
        return yaml.safe_load(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except yaml.MarkedYAMLError as error:  # as a text it quotes the line, which may be of any file
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"is not YAML: line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())[:200]}") from error


def _refuse(text: str) -> None:
    """Refuse anything that is not plain, and deep nesting: a scanner's time is quadratic in it."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        line = token.start_mark.line + 1
        if type(token) in _REFUSED:
            raise ValueError(f"line {line} has {_REFUSED[type(token)]}, which is not read")
        depth += isinstance(token, _STARTS) - isinstance(token, _ENDS)
        if depth > YAML_NESTING:
            raise ValueError(f"line {line} is nested more than {YAML_NESTING} levels deep")
