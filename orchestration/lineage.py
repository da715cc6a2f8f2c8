"""dbt's documentation of the published night as one page, lineage included, that asks nobody."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from orchestration.build import run_dbt
from orchestration.errors import NightError
from warehouse.files import copy_database
from warehouse.home import Home
from warehouse.ledger import opened_ledger

STATIC_PAGE = "static_index.html"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; connect-src 'none'; form-action 'none'"
)
"""dbt's page computes its own templates; whatever it would load or send, the browser refuses."""
HEAD = "<head>"


def lineage_page(home: Home, *, world: str, now: datetime) -> str:
    """Let dbt document the published night, and forbid its page the network.

    Parameters
    ----------
    home : its published file is copied, and nothing in it is changed.
    world : of the published night.
    now : the clock of the run.

    Returns
    -------
    One HTML page. The columns are those of the published tables; those of `raw` are of an empty
    ledger in their place, so that the real one is not opened.

    Raises
    ------
    NightError
        dbt cannot document the project.
    """
    with _scratch_of(home, world=world, now=now) as scratch:
        run_dbt(scratch, ("docs", "generate", "--static"))
        page = (scratch.dbt_target / STATIC_PAGE).read_text(encoding="utf-8")
        return without_network(page.replace(f"{scratch.root}/", ""))


@contextmanager
def _scratch_of(home: Home, *, world: str, now: datetime) -> Iterator[Home]:
    """A home that dbt may write to: the published file as its build, and an empty ledger."""
    folder = Path(tempfile.mkdtemp(prefix="mqp-docs-"))
    try:
        scratch = Home(folder / "home")
        scratch.make_folders()
        copy_database(home.published, scratch.build)
        with opened_ledger(scratch.ledger, world, now=now):
            pass
        yield scratch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def without_network(page: str) -> str:
    """Put our content policy before everything that dbt's page does.

    Raises
    ------
    NightError
        The page has not the one head that the policy must begin.
    """
    if page.count(HEAD) != 1:
        raise NightError("dbt's page is not as it was: its scripts cannot be kept off the network.")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return page.replace(HEAD, f'{HEAD}{policy}<meta name="referrer" content="no-referrer">')
