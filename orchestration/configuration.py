"""From `config/*.yaml` to checked values; the checks themselves are pure and live in analytics."""

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from orchestration.errors import UsageError

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig


def load_portfolio(path: Path) -> "PortfolioConfig":
    """Read and check the portfolio file.

    Raises
    ------
    UsageError
        Not YAML, or a value outside its range: the sentence names file, key, value and range.
    """
    from analytics.configuration import parse_portfolio_config
    from analytics.errors import ConfigurationError

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read: {err}.") from err
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise UsageError(f"{path} is not valid YAML{where}: correct it and run again.") from err
    try:
        return parse_portfolio_config(content, file=str(path))
    except ConfigurationError as err:
        raise UsageError(str(err)) from err
