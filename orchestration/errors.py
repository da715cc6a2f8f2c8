"""What ends a command early, by what the caller can do about it.

::

    CommandError
    ├── UsageError    the call or its configuration is wrong: fix it (exit code 2)
    └── NightError    the run failed and published nothing: the old night stays (exit code 1)
"""


class CommandError(Exception):
    """Base: one sentence for people; `exit_code` for machines."""

    exit_code = 1


class UsageError(CommandError):
    """Wrong options, environment or configuration."""

    exit_code = 2


class NightError(CommandError):
    """The night could not be finished; the old one stays."""
