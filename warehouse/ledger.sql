-- The ledger: raw rows as the providers said them, one row per version, and the log of what we did.
-- Only ever appended to. Every raw table ends with the same five columns:
--   available_at     UTC moment from which a market participant could know the row (rule: availability.py)
--   fetched_at       UTC moment at which we stored this version
--   ledger_version   the increasing integer of the landed batch; versions are ordered by it alone
--   response_hash    sha256 of the provider's response body, kept under data/raw/
--   row_hash         md5 of the row's own values: equal hash, no new version

create schema if not exists raw;
create schema if not exists ops;
create schema if not exists quality;
create schema if not exists analytics;

-- Massive (formerly Polygon), /v2/aggs adjusted=false and /v2/aggs/grouped adjusted=false
create table if not exists raw.polygon__daily_bars (
    symbol varchar not null,           -- ticker, case kept
    session_date date not null,        -- New York date of the bar
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares, may be fractional
    vwap double,                       -- USD
    transactions bigint,               -- trades in the session
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Massive /stocks/v1/splits
create table if not exists raw.polygon__splits (
    symbol varchar not null,
    execution_date date not null,      -- first session traded at the new count
    split_from double not null,        -- shares before
    split_to double not null,          -- shares after: 1 to 4 is 4-for-1
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Massive /stocks/v1/dividends
create table if not exists raw.polygon__dividends (
    symbol varchar not null,
    ex_dividend_date date not null,
    dividend_id varchar not null,      -- two dividends may share an ex-date
    cash_amount double not null,       -- per share as traded that day, in `currency`
    currency varchar,
    distribution_type varchar,         -- recurring, special, ...
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Massive /v2/reference/news, one row per story and ticker
create table if not exists raw.polygon__news (
    story_id varchar not null,
    symbol varchar not null,
    published_at timestamptz not null,
    headline varchar not null,
    summary varchar,
    publisher varchar,
    url varchar,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/historical-price-eod/non-split-adjusted (its adjOpen.. are raw prices, despite the names)
create table if not exists raw.fmp__daily_prices (
    symbol varchar not null,
    session_date date not null,
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/splits
create table if not exists raw.fmp__splits (
    symbol varchar not null,
    execution_date date not null,
    numerator double not null,         -- shares after
    denominator double not null,       -- shares before
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/dividends
create table if not exists raw.fmp__dividends (
    symbol varchar not null,
    ex_dividend_date date not null,
    dividend double not null,          -- USD per share as traded that day
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /company-news
create table if not exists raw.finnhub__company_news (
    story_id varchar not null,
    symbol varchar not null,           -- the symbol asked for
    published_at timestamptz not null,
    headline varchar not null,
    summary varchar,
    publisher varchar,
    url varchar,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FRED /series/observations, or the keyless graph CSV; missing values ('.') are not rows
create table if not exists raw.fred__observations (
    series_id varchar not null,
    observed_date date not null,       -- FRED's own date
    value double not null,             -- in the series' unit (percent for rates and spreads)
    source_endpoint varchar not null,  -- 'api' or 'graph'
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Cboe {NAME}_History.csv; two-column files have a close only
create table if not exists raw.cboe__index_history (
    index_name varchar not null,       -- VIX, VIX9D, VIX3M, VIX6M, VVIX
    session_date date not null,
    open double,                       -- index points
    high double,
    low double,
    close double,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Cboe delayed_quotes/quotes/_{NAME}.json, landed only when its trade time is 16:15 New York or later
create table if not exists raw.cboe__delayed_quotes (
    index_name varchar not null,
    session_date date not null,
    open double,                       -- index points
    high double,
    low double,
    close double,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Massive /v2/aggs adjusted=false, minutes and hours; regular hours only
create table if not exists raw.polygon__intraday_bars (
    symbol varchar not null,
    bar_interval varchar not null,     -- 5m, 1h
    bar_end_at timestamptz not null,   -- the moment from which the bar is complete
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares
    vwap double,                       -- USD
    transactions bigint,               -- trades in the bar
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /stock/candle (paid plans), not adjusted; regular hours only
create table if not exists raw.finnhub__intraday_bars (
    symbol varchar not null,
    bar_interval varchar not null,     -- 5m, 1h
    bar_end_at timestamptz not null,   -- the moment from which the bar is complete
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /stock/candle resolution D (paid plans): split-adjusted there, as traded here
create table if not exists raw.finnhub__daily_candles (
    symbol varchar not null,
    session_date date not null,
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /stock/split (paid plans)
create table if not exists raw.finnhub__splits (
    symbol varchar not null,
    execution_date date not null,
    from_factor double not null,       -- shares before
    to_factor double not null,         -- shares after
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /stock/dividend (paid plans)
create table if not exists raw.finnhub__dividends (
    symbol varchar not null,
    ex_dividend_date date not null,
    amount double not null,            -- per share as traded that day, in `currency`
    currency varchar,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Yahoo /v8/finance/chart (opt-in, best effort): split-adjusted there, as traded here
create table if not exists raw.yahoo__daily_bars (
    symbol varchar not null,
    session_date date not null,
    open double,                       -- USD, as traded
    high double,                       -- USD
    low double,                        -- USD
    close double,                      -- USD
    volume double,                     -- shares
    adjustment_mode varchar not null,  -- none; splits_undone: the vendor adjusted, we took it back
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- splits in Yahoo's chart
create table if not exists raw.yahoo__splits (
    symbol varchar not null,
    execution_date date not null,
    numerator double not null,         -- shares after
    denominator double not null,       -- shares before
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- dividends in Yahoo's chart: split-adjusted there, as paid here
create table if not exists raw.yahoo__dividends (
    symbol varchar not null,
    ex_dividend_date date not null,
    amount double not null,            -- USD per share as traded that day
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/news/stock (paid plans); its stamps name no zone, so a story counts a day later
create table if not exists raw.fmp__news (
    story_id varchar not null,
    symbol varchar not null,
    published_at timestamptz not null, -- its stamp read as New York wall time
    headline varchar not null,
    summary varchar,
    publisher varchar,
    url varchar,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /news-sentiment (paid plans): a snapshot of the trailing week, known when we asked
create table if not exists raw.finnhub__news_sentiment (
    symbol varchar not null,
    observed_date date not null,       -- New York date of the fetch
    company_news_score double,         -- in [0, 1]
    bullish_fraction double,           -- share of articles of the week
    bearish_fraction double,
    buzz_ratio double,                 -- articles of the week over the usual number
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Massive /v2/reference/news `insights`: the provider's own reading, of newer stories only
create table if not exists raw.polygon__news_sentiment (
    story_id varchar not null,
    symbol varchar not null,
    published_at timestamptz not null,
    sentiment varchar not null,        -- positive, neutral, negative
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP statements, key metrics and ratios, long; the acceptance time comes from the income statement
create table if not exists raw.fmp__fundamentals (
    symbol varchar not null,
    statement varchar not null,        -- income, key_metrics, ratios
    period_end_date date not null,     -- end of the fiscal period
    fiscal_period varchar not null,    -- FY, Q1 .. Q4
    metric varchar not null,           -- the provider's own name, its spelling kept
    value double,                      -- currency units, or a fraction for ratios
    currency varchar,
    accepted_at timestamptz,           -- EDGAR acceptance, New York wall time at the source
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- Finnhub /stock/metric, long: no filing date, so known only from our fetch on
create table if not exists raw.finnhub__fundamentals (
    symbol varchar not null,
    period_end_date date not null,     -- end of the fiscal period; of a snapshot the fetch's New York date
    fiscal_period varchar not null,    -- annual, quarterly, snapshot
    metric varchar not null,           -- the provider's own name
    value double,                      -- as sent: market cap in millions, margins in percent
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/profile: what the company is called and does today
create table if not exists raw.fmp__profiles (
    symbol varchar not null,
    name varchar,
    sector varchar,
    industry varchar,
    country varchar,
    is_etf boolean,
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- FMP /stable/treasury-rates, long
create table if not exists raw.fmp__treasury_rates (
    maturity varchar not null,         -- month3, year10, ...: the provider's own names
    observed_date date not null,
    value double not null,             -- percent
    available_at timestamptz not null,
    fetched_at timestamptz not null,
    ledger_version integer not null,
    response_hash varchar not null,
    row_hash varchar not null
);

-- columns that a ledger begun by an earlier release lacks
alter table raw.polygon__daily_bars add column if not exists adjustment_mode varchar default 'none';
alter table raw.fmp__daily_prices add column if not exists adjustment_mode varchar default 'none';

-- our own arithmetic on stored headlines and summaries; known as soon as they are
create table if not exists raw.mqp__headline_scores (
    headline_hash varchar not null,    -- md5 of what was scored: the headline, and chr(31) and the summary where there is one
    method varchar not null,           -- scorer and versions of its word lists, e.g. vader-3.3.2-finance-1
    score double not null,             -- in [-1, 1]
    ledger_version integer not null,
    row_hash varchar not null
);

-- one row: the world that this ledger belongs to
create table if not exists ops.world (
    world varchar not null,            -- live, sandbox:<seed>, custom:<name>
    created_at timestamptz not null
);

create table if not exists ops.landings (
    ledger_version integer not null,
    landed_at timestamptz not null,
    run_id varchar not null,
    row_count bigint not null
);

-- what each landing added, counted while it landed: a ledger of many years is not read to know it
create table if not exists ops.landed_rows (
    ledger_version integer not null,
    table_name varchar not null,       -- raw table
    row_count bigint not null
);

-- one row per request, and per reuse of stored rows because a request failed
create table if not exists ops.fetches (
    run_id varchar not null,
    provider varchar not null,
    dataset varchar not null,
    symbol varchar not null,           -- symbol, series or index; '*' for the whole market
    window_start date,
    window_end date,
    class varchar not null,            -- ok, empty, transient, quota, entitlement, auth, bad_payload, not_modified
    row_count bigint not null,
    response_hash varchar,
    duration_seconds double not null,
    attempts integer not null,
    served_from varchar not null,      -- network, cache
    requested_at timestamptz not null,
    detail varchar                     -- one masked sentence
);

create table if not exists ops.configs (
    config_hash varchar not null,
    content varchar not null           -- the configuration as canonical JSON
);

create table if not exists ops.nights (
    night date not null,
    attempt integer not null,
    status varchar not null,           -- CLEAN, DEGRADED, FAILED, MISSED
    run_id varchar not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    as_of_at timestamptz,
    ledger_version integer,
    code_hash varchar,
    config_hash varchar,
    world varchar not null,
    manifest_hash varchar,
    reasons varchar,                   -- JSON list of sentences
    fallbacks varchar,                 -- JSON list: what was served by whom instead of the first provider
    ledger_bytes bigint                -- size of the ledger's file when the attempt ended
);
alter table ops.nights add column if not exists fallbacks varchar; -- a ledger of an earlier release
alter table ops.nights add column if not exists ledger_bytes bigint;

-- what was taken out of the ledger because a provider's terms demand it: the rows are gone, this stays
create table if not exists ops.tombstones (
    buried_at timestamptz not null,
    provider varchar not null,
    table_name varchar not null,       -- raw table
    symbol varchar,                    -- null: every row of the provider in the table
    row_count bigint not null,
    first_version integer not null,    -- nights at or above this ledger version read the rows
    last_version integer not null,
    why varchar not null
);

create table if not exists quality.quarantine (
    dataset varchar not null,          -- raw table
    symbol varchar not null,           -- symbol, series or index
    first_date date not null,
    last_date date not null,
    reason varchar not null,
    night date not null,
    decided_at timestamptz not null,   -- of the night that found it
    released_at timestamptz,           -- a release is a second row with this set
    release_reason varchar,
    ledger_version integer not null,   -- of the bad rows; rows landed later are not meant
    attempt integer                    -- of the night that found it; 0: released by a person; null in what an earlier release wrote
);
alter table quality.quarantine add column if not exists attempt integer;

create table if not exists quality.validation_results (
    night date not null,
    attempt integer not null,
    gate integer not null,
    suite varchar not null,
    expectation varchar not null,
    table_name varchar not null,
    success boolean not null,
    unexpected_count bigint not null,
    severity varchar not null,         -- quarantine, block, warn
    detail varchar
);

-- how much of each subject the night's gate saw, a row when that changed; less than before is told
create table if not exists quality.history_extents (
    night date not null,
    dataset varchar not null,          -- raw table
    symbol varchar not null,           -- symbol, series or index
    first_date date not null,
    row_count bigint not null,
    ledger_version integer not null
);

-- what each published night decided; written once, never changed
create table if not exists analytics.decisions (
    night date not null,
    symbol varchar not null,
    strategy varchar not null,         -- sleeve
    target_weight double not null,     -- the sleeve's own target before portfolio weights
    final_weight double not null,      -- of portfolio equity after scale and limits
    reason varchar not null,
    decided_at timestamptz not null,
    effective_session date not null,
    recorded_at timestamptz not null,
    ledger_version integer not null,
    code_hash varchar not null
);

-- every parameter set ever evaluated, once; honest statistics count them, and nothing resets them
create table if not exists analytics.trials (
    strategy varchar not null,
    parameters varchar not null,       -- JSON with sorted keys; what differs from a night's own inputs is part of it
    variant varchar not null,          -- its name when it was first evaluated
    evaluated_by varchar not null,     -- night, or the command
    sharpe_per_session double,         -- of its first evaluation, with next_open; null where it has none
    session_count bigint not null,     -- that the Sharpe ratio was measured on
    first_ledger_version integer not null,
    first_code_hash varchar not null,
    first_evaluated_at timestamptz not null
);

-- restores that were tried: how old the backup was, how long it took, and whether it came out right
create table if not exists ops.drills (
    drilled_at timestamptz not null,
    backup varchar not null,           -- its name
    made_at timestamptz not null,      -- of the backup
    world varchar not null,
    night date,                        -- that was replayed; null where it did not come so far
    ledger_version integer not null,   -- of the backup
    rpo_seconds double not null,       -- age of the backup: what a lost disk would have lost
    restore_seconds double,            -- until the restored warehouse was read through
    rto_seconds double,                -- until its night was built again and compared; null if never
    is_successful boolean not null,
    outcome varchar not null,          -- of the replay, or `not restored`
    detail varchar not null,           -- one sentence
    code_hash varchar not null
);
