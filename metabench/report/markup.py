"""A tree of elements and its text: whatever is not an element is escaped, so names are inert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TypeAlias, final

from metabench.escape import visible

__all__ = ["Element", "Node", "Verbatim", "element", "markup"]

_VOID = {"link", "meta", "br"}


@final
@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text of ours that goes in as it is: a style sheet, a script. Never anything from outside."""

    text: str


@final
@dataclass(frozen=True, slots=True)
class Element:
    """A name, attributes and what is inside."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]


Node: TypeAlias = Element | Verbatim | str


def element(name: str, /, *children: Node, **attributes: str | float | None) -> Element:
    """Return an element; ``class_`` is class, ``_`` is ``-``, an attribute of None is left out.

    >>> markup(element("p", "a < b", class_="x", data_value=1.5))
    '<p class="x" data-value="1.5">a &lt; b</p>'
    """
    return Element(name, tuple(_attributes(attributes)), children)


def _attributes(given: dict[str, str | float | None]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if value is not None:
            text = value if isinstance(value, str) else number(value)
            yield name.rstrip("_").replace("_", "-"), text


def number(value: float) -> str:
    """Return a length with at most two decimals.

    >>> number(3.0), number(-0.001), number(2.125)
    ('3', '0', '2.12')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def markup(node: Node) -> str:
    """Return the text of a tree; characters that are not seen are written out."""
    return "".join(_pieces(node))


def _pieces(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield escape(visible(node), quote=False)
    elif isinstance(node, Verbatim):
        yield node.text
    else:
        said = "".join(f' {key}="{escape(visible(value))}"' for key, value in node.attributes)
        yield f"<{node.name}{said}>"
        if node.name not in _VOID:
            for child in node.children:
                yield from _pieces(child)
            yield f"</{node.name}>"
