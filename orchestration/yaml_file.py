"""Reading a YAML file of the user's: what cannot be read is said in one sentence."""

from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import UsageError


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    UsageError
        The file cannot be read or is not YAML; the sentence names it, and the line where known.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path} cannot be read: {err}.") from err
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise UsageError(f"{path} is not valid YAML{where}: correct it and run again.") from err
