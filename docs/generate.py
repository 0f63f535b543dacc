"""Write docs/reference anew: ``tox -e regenerate``. With ``--check``: say what is stale, exit 1."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from generator import PAGES, page

FOLDER = Path(__file__).parent / "reference"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is stale.")
def generate(*, check: bool) -> None:
    """Write the reference pages."""
    stale = []
    for name in PAGES:
        path = FOLDER / name
        text = page(name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        click.echo(f"{path.name}: {'stale; run tox -e regenerate' if check else 'written'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    generate()
