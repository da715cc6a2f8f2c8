from datetime import UTC, datetime
from pathlib import Path

from ingestion.probe import probe_providers
from ingestion.sandbox.server import SandboxServer
from ingestion.settings import SourceSettings

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


def test_every_configured_provider_is_asked_once_and_the_rest_is_told(tmp_path: Path) -> None:
    with SandboxServer(seed=7, now=NOW) as server:
        wrong = {**server.api_keys, "finnhub": "not-the-key"}
        sources = SourceSettings(
            base_urls=server.base_urls,
            api_keys=wrong,
            cache_root=tmp_path / "cache",
            raw_root=tmp_path / "raw",
            log_path=tmp_path / "log",
            world="sandbox:7",
        )
        found = {row.provider: row for row in probe_providers(sources, clock=lambda: NOW)}
    assert {name: row.state for name, row in found.items()} == {
        "polygon": "ok",
        "finnhub": "auth",
        "fmp": "not configured",
        "fred": "ok",
        "fred_graph": "ok",
        "cboe": "ok",
    }
    assert found["fmp"].detail == "set FMP_API_KEY"
    assert "not-the-key" not in "".join(row.detail for row in found.values())
    assert not (tmp_path / "raw").exists()
