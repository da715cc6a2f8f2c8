"""The server of the dashboard: it loads what the pages need before it says where it listens.

Streamlit alone would load it, for a second or two, while the first visitor waits.
"""

import importlib
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("dashboard.py")
SLOW_IMPORTS = ("pandas", "orchestration.explaining", "reports.dashboard.pages")


def main() -> None:
    """Serve the dashboard with Streamlit's own options, those of the command line."""
    from streamlit.web.cli import main as streamlit

    for name in SLOW_IMPORTS:
        importlib.import_module(name)
    sys.argv = ["streamlit", "run", str(SCRIPT), *sys.argv[1:]]
    streamlit()


if __name__ == "__main__":
    main()
