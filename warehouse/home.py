"""Where everything that is written lives: one root, fixed places below it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The root of all outputs (``MQP_HOME``) and the places below it that other code may name."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """Folder of the database files."""
        return self.root / "warehouse"

    @property
    def ledger(self) -> Path:
        """The append-only truth."""
        return self.warehouse / "ledger.duckdb"

    @property
    def published(self) -> Path:
        """The file everybody reads; replaced whole, never written."""
        return self.warehouse / "quant.duckdb"

    @property
    def build(self) -> Path:
        """The private build; a constant path keeps dbt's parse cache warm."""
        return self.warehouse / "build" / "current" / "quant.duckdb"

    @property
    def publication(self) -> Path:
        """Results of the night that is being published, until they take their place."""
        return self.warehouse / "build" / "publication"

    @property
    def dbt_target(self) -> Path:
        """dbt's artefacts of this home."""
        return self.warehouse / "build" / "dbt_target"

    @property
    def nights(self) -> Path:
        """Manifest and results of the last nights, one folder each."""
        return self.warehouse / "nights"

    @property
    def writer_lock(self) -> Path:
        """The one lock that every writer takes."""
        return self.warehouse / ".writer.lock"

    @property
    def data(self) -> Path:
        """Cache and stored responses."""
        return self.root / "data"

    @property
    def raw_responses(self) -> Path:
        """Response bodies as received."""
        return self.data / "raw"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.data / "dagster"

    @property
    def logs(self) -> Path:
        """Rolling logs."""
        return self.root / "logs"

    @property
    def reports(self) -> Path:
        """What people open."""
        return self.root / "reports"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that a night writes to."""
        return (
            *(self.warehouse, self.build.parent, self.nights),
            *(self.data, self.dagster, self.logs, self.reports),
        )

    def make_folders(self) -> None:
        """Create the folders that a night writes to."""
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
