"""What can go wrong with the warehouse's files.

::

    WarehouseError
    ├── WorldMismatchError     another world's home: use another MQP_HOME
    ├── WarehouseBusyError     the file is held by another process: wait
    ├── StorageError           a file cannot be written: free disk space, correct the rights
    ├── CorruptFileError       a file cannot be opened or does not match its manifest: rebuild it
    ├── NotPublishedError      there is no published night yet: run `mqp nightly`
    └── QuestionError          what is asked about is not there: ask about what is
"""


class WarehouseError(Exception):
    """Base of everything this package raises on purpose; the message says what to do."""


class WorldMismatchError(WarehouseError):
    """The home belongs to one world and the run to another."""


class WarehouseBusyError(WarehouseError):
    """Another process holds the file or the writer lock."""


class StorageError(WarehouseError):
    """A file cannot be written: the disk is full, or refuses."""


class CorruptFileError(WarehouseError):
    """A database file cannot be read, or is not what its manifest says."""


class NotPublishedError(WarehouseError):
    """Nothing has been published in this home yet."""


class QuestionError(WarehouseError):
    """A question names a symbol, strategy or session that the published file does not have."""
