"""Commands of the documents that take a night, a replay or a server: the tests that do the same."""

BY_TEST: dict[str, tuple[str, ...]] = {
    "nights/test_second_run.py::test_second_run_adds_its_own_attempt_and_nothing_else": (
        "mqp nightly",
        "MQP_NOW=2024-06-27T22:30:00Z mqp nightly",
    ),
    "nights/test_holdings.py::test_wrong_file_does_not_keep_a_past_night_from_being_built": (
        "mqp nightly --dry-run",
    ),
    "nights/test_past_and_broken.py::"
    "test_past_night_is_built_without_fetching_and_leaves_no_trace_in_the_record": (
        "mqp nightly --as-of 2026-11-20",
    ),
    "orchestration/test_cli.py::test_missing_universe_is_one_sentence": (
        "mqp nightly --universe my.yaml",
    ),
    "ingestion/test_fundamentals.py::test_force_refresh_keeps_to_the_ration": (
        "mqp nightly --force-refresh",
    ),
    "ingestion/test_fundamentals.py::test_offline_night_uses_what_is_held_and_asks_nobody": (
        "mqp nightly --offline",
    ),
    "nights/test_providers_down.py::test_night_without_any_provider_is_published_degraded": (
        "MQP_NOW=2024-06-28T22:30:00Z mqp nightly --rehearse outage",
        "mqp nightly --rehearse outage",
    ),
    "nights/test_providers_down.py::test_no_file_of_a_faulted_night_shows_a_key": (
        "mqp nightly --rehearse key-echo",
    ),
    "nights/test_poisoned_symbol.py::test_poisoned_symbol_keeps_its_target_and_gets_no_order": (
        "mqp nightly --rehearse huge-jump",
    ),
    "ingestion/faults/test_matrix.py::test_incident_is_met_as_the_matrix_says": (
        "mqp nightly --rehearse 429-storm",
        "mqp nightly --rehearse empty-answers",
    ),
    "nights/test_replay.py::test_earlier_night_is_identical_though_the_ledger_has_grown": (
        "mqp replay --verify",
        "mqp replay NIGHT --verify",
        "mqp replay 2026-11-20 --verify",
    ),
    "nights/test_replay.py::test_night_is_identical_elsewhere_with_one_thread": (
        "mqp replay 2026-11-20 --to that-night.duckdb",
    ),
    "nights/test_replay.py::test_damaged_published_file_comes_back_as_it_was": ("mqp replay",),
    "nights/test_restored_ledger.py::test_every_table_of_the_ledger_is_restored": (
        "mqp restore --from-responses",
    ),
    "durability/test_restore.py::test_rows_of_every_fallback_are_restored": (
        "mqp restore --from-responses --to ~/check.duckdb",
    ),
    "nights/test_restored_ledger.py::"
    "test_lost_disk_comes_back_and_its_night_is_built_again_with_equal_hashes": (
        "MQP_HOME=~/mqp mqp restore FOLDER",
        "mqp restore FOLDER --verify",
        "mqp restore /mnt/disk2/mqp/2026-11-20T22-30-00Z --verify",
        "mqp restore backups/2026-11-20T22-30-00Z --verify",
        "mqp drill",
    ),
    "backup/test_restore.py::test_newer_data_are_not_replaced_unless_told_to": (
        "mqp restore FOLDER --verify --force",
        "mqp restore backups/2026-11-20T22-30-00Z --force",
    ),
    "backup/test_backup.py::test_oldest_backups_go_and_others_stay": (
        "mqp backup --to /mnt/disk2/mqp --keep 30",
    ),
    "orchestration/test_quarantine_command.py::test_dry_run_writes_nothing": (
        'mqp quarantine release GME --why "checked with the exchange" --dry-run',
    ),
    "orchestration/test_quarantine_command.py::"
    "test_release_is_one_event_that_counts_from_the_next_night": (
        'mqp quarantine release GME --why "checked with the exchange"',
    ),
    "orchestration/test_cache_command.py::test_history_goes_from_cache_responses_and_ledger": (
        'mqp cache purge --provider finnhub --with-history --yes --why "subscription ended"',
    ),
    "orchestration/expectations/test_canaries.py::"
    "test_every_claim_of_the_catalogue_has_a_canary_and_catches_it": (
        "pytest tests/orchestration/expectations/test_canaries.py",
    ),
    "orchestration/test_servers.py::"
    "test_ui_shows_the_timetable_and_listens_on_the_loopback_alone": (
        "mqp ui",
        "mqp ui --port 3001",
    ),
    "orchestration/test_servers.py::test_dashboard_listens_on_the_loopback_alone": (
        "mqp dashboard",
    ),
    "nights/test_reports_again.py::test_docs_need_no_network_and_change_no_database": (
        "mqp docs --open",
    ),
    "nights/test_why.py::test_response_is_printed_by_its_hash": ("mqp why --response 31e39cd7",),
    "proof/test_mutants.py::test_clean_code_is_proven_on_the_troubled_market": (
        "mqp prove",
        "mqp prove --cuts 20 --seed 7 --fail-fast",
    ),
    "proof/test_own_model.py::test_own_model_that_peeks_is_caught_by_its_name": (
        "mqp prove --select my_model --cuts 3",
    ),
    "nights/test_research.py::test_equities_on_one_ticker": (
        "mqp equities --ticker AAPL --period 3y",
    ),
    "orchestration/research/test_variants.py::"
    "test_watchlists_members_count_only_inside_their_dates": (
        "mqp equities --watchlist my.yaml --style aggressive --mode event --cost-bps 10",
    ),
    "orchestration/research/test_variants.py::test_other_parameters_are_one_more_row": (
        "mqp credit --lower-pct 5 --upper-pct 95",
    ),
    "nights/test_research.py::test_credit_without_ice_reads_the_proxy_alone": (
        "mqp credit --disable-oas --validate-oos --split 0.7",
    ),
    "nights/test_research.py::test_dry_run_evaluates_and_writes_nothing": (
        "mqp volatility --term-structure both --dry-run",
    ),
    "nights/test_research.py::test_oos_compares_what_the_night_chose": (
        "mqp oos",
        "mqp oos --ticker SPY --split 0.7",
    ),
    "nights/test_portfolio.py::test_portfolio_is_counted_once_and_kept": (
        "mqp portfolio",
        "mqp portfolio --strategies equities,credit,volatility --target-vol 0.10",
    ),
    "nights/test_portfolio.py::test_other_settings_stand_beside_the_nights_own": (
        "mqp portfolio --target-vol 0.08",
        "mqp portfolio --target-vol 0.02",
        "mqp portfolio --method risk_parity",
    ),
    "orchestration/test_portfolio_summary.py::test_options_become_keys_of_the_file": (
        "mqp portfolio --weights equities=0.5,credit=0.3,volatility=0.2",
    ),
    "nights/test_portfolio.py::test_orders_for_an_account_never_overdraw_its_cash": (
        "mqp portfolio --holdings my_account.csv --shares whole --json",
    ),
    "nights/test_reports_again.py::test_report_comes_again_as_the_night_wrote_it": ("mqp report",),
}
"""Test to commands; where a command takes a whole night, the test may do it by its steps."""

SHOWN_BY = {command: f"tests/{test}" for test, commands in BY_TEST.items() for command in commands}
