"""Answer `mqp why`: from the environment to a question, its tree, and opened responses."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb

from ingestion.masking import Masker
from orchestration.errors import UsageError
from orchestration.resources import REPOSITORY, Settings
from orchestration.stored_responses import with_opened_responses
from warehouse.connection import Connection, connect
from warehouse.errors import QuestionError
from warehouse.why.explain import Explanation, explain
from warehouse.why.question import resolve
from warehouse.why.reading import Reader

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig

DBT_PROJECT = REPOSITORY / "dbt_project"


def explanation(
    settings: Settings,
    subject: str,
    night: date | None,
    *,
    strategy: str | None = None,
    is_everything: bool = False,
) -> Explanation:
    """Explain a number of the published night, down to the stored responses, which are opened.

    Parameters
    ----------
    settings : whose home.
    subject, night, strategy : see `warehouse.why.question.resolve`.
    is_everything : list every story, and list and open every stored response, not only the newest.

    Raises
    ------
    UsageError
        What is asked about is not there; the sentence says what is.
    NotPublishedError
        There is no published night yet.
    """
    with connect(settings.home.published, read_only=True) as connection:
        try:
            reader = Reader(connection, book_settings(connection), dbt_variables())
            if is_everything:
                reader = replace(reader, most_responses=sys.maxsize, most_stories=sys.maxsize)
            question = resolve(reader, subject, night, strategy)
            found = explain(reader, question, model_files())
        except QuestionError as err:
            raise UsageError(str(err)) from err
        except (duckdb.CatalogException, duckdb.BinderException) as err:
            raise UsageError(
                "The published file was built by another release and lacks a table or column that "
                "is explained here: run `mqp nightly` to publish it again."
            ) from err
    masker = Masker(settings.api_keys.values())
    return found.with_tree(with_opened_responses(found.tree, settings.home, masker))


def book_settings(connection: Connection) -> "PortfolioConfig":
    """The portfolio's settings that the night was built with, not those of today's file.

    Raises
    ------
    UsageError
        The file does not hold them, or today's release does not accept them any more.
    """
    # not by way of orchestration.configuration, which imports pyarrow for the universe
    from analytics.configuration import parse_portfolio_config
    from analytics.errors import ConfigurationError

    row = connection.execute(
        "select content from ops.configs where config_hash = "
        "(select config_hash from ops.build_context) limit 1"
    ).fetchone()
    if row is None:
        raise UsageError(
            "The published file does not hold the settings that it was built with: "
            "run `mqp nightly` to publish it again."
        )
    try:
        return parse_portfolio_config(
            json.loads(row[0])["portfolio"], file="the night's recorded portfolio"
        )
    except ConfigurationError as err:
        raise UsageError(str(err)) from err


@lru_cache(maxsize=1)
def dbt_variables() -> Mapping[str, Any]:
    """The numbers that the installed SQL uses, by name."""
    import yaml

    content = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    variables: Mapping[str, Any] = content["vars"]
    return variables


@lru_cache(maxsize=1)
def model_files() -> Mapping[str, str]:
    """Name of every installed dbt model and seed to its file, relative to the repository."""
    folders = (("models", (".sql", ".py")), ("seeds", (".csv",)))
    return {
        path.stem: path.relative_to(REPOSITORY).as_posix()
        for folder, suffixes in folders
        for path in sorted((DBT_PROJECT / folder).rglob("*"))
        if path.suffix in suffixes
    }
