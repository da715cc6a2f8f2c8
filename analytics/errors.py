"""What analytics refuses, split by what the caller can do about it.

```text
AnalyticsError
├── ParameterError       fix the call: an argument is out of its range or shape
├── InputError           fix the input: a frame lacks a column, a session or a key is doubled
├── ConfigurationError   fix the file: config/portfolio.yaml says something that is not allowed
└── AttributionError     fix the code: the parts of a change do not sum to it
```
"""


class AnalyticsError(Exception):
    """Anything that analytics refuses."""


class ParameterError(AnalyticsError, ValueError):
    """An argument lies outside what the function is defined for."""


class InputError(AnalyticsError, ValueError):
    """A frame or array handed in is not what its contract says."""


class ConfigurationError(AnalyticsError, ValueError):
    """A value of the user's configuration is not allowed; the message names file, key and range."""


class AttributionError(AnalyticsError, ArithmeticError):
    """The parts of a change do not sum to the whole."""
