"""Write the generated pages again: ``tox -e regenerate``. With ``--check``: list stale ones."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from generator import PAGES, SCHEMAS, STUDY, page, schema_page, study_page

FOLDER = Path(__file__).parent / "reference"
STUDY_PAGE = Path(__file__).parent / STUDY


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is stale.")
def generate(*, check: bool) -> None:
    """Write the pages."""
    stale = []
    texts = {FOLDER / name: page(name) for name in PAGES} | {STUDY_PAGE: study_page()}
    texts |= {FOLDER / "schemas" / name: schema_page(name) for name in SCHEMAS}
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        click.echo(f"{path.name}: {'stale; run tox -e regenerate' if check else 'written'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    generate()
