"""Orders as a broker takes them: one line each, plain numbers, harmless in a spreadsheet."""

import csv
from pathlib import Path

import duckdb
import pytest

from reports.orders import fraction_warning, plain, write_orders_csv

HEADER = (
    "symbol,side,quantity,order_type,time_in_force,session_date,reference_price_usd,notional_usd,"
    "expected_cost_usd,world\n"
)


def published(folder: Path, *orders: str) -> Path:
    """A published file of one table."""
    path = folder / "quant.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema ops; create table ops.build_context as select 'sandbox:7' as world; "
            "create schema analytics; create table analytics.orders (symbol varchar, side varchar, "
            "quantity_shares double, effective_session date, price_usd double, "
            "notional_usd double, expected_cost_usd double)"
        )
        for order in orders:
            connection.execute(f"insert into analytics.orders values ({order})")
    return path


def test_each_order_is_one_line(tmp_path: Path) -> None:
    file = published(
        tmp_path,
        "'KO', 'sell', 0.1 + 0.2, '2024-07-02', 63.65, 19.095, 0.0095475",
        "'AAPL', 'buy', 12345678, '2024-07-02', 210.62, 2600246700.36, 1300123.35018",
    )
    write_orders_csv(file, tmp_path / "orders.csv", fill="next_open")
    with (tmp_path / "orders.csv").open(newline="") as lines:
        header, *found = csv.reader(lines)
    day = ["market_on_open", "OPG", "2024-07-02"]
    assert ",".join(header) + "\n" == HEADER
    assert found == [
        ["AAPL", "buy", "12345678", *day, "210.62", "2600246700.36", "1300123.35", "sandbox:7"],
        ["KO", "sell", "0.3", *day, "63.65", "19.1", "0.01", "sandbox:7"],
    ]


def test_orders_at_the_close_say_so(tmp_path: Path) -> None:
    file = published(tmp_path, "'KO', 'buy', 1, '2024-07-02', 60, 60, 0.03")
    write_orders_csv(file, tmp_path / "orders.csv", fill="next_close")
    with (tmp_path / "orders.csv").open(newline="") as lines:
        (line,) = csv.DictReader(lines)
    assert (line["order_type"], line["time_in_force"]) == ("market_on_close", "CLS")


def test_nothing_to_do_leaves_the_header(tmp_path: Path) -> None:
    dust = "'KO', 'sell', 1e-12, '2024-07-02', 60, 6e-11, 3e-14"
    write_orders_csv(published(tmp_path, dust), tmp_path / "orders.csv", fill="next_open")
    assert (tmp_path / "orders.csv").read_text() == HEADER


def test_symbol_that_a_spreadsheet_would_run_is_neutralised(tmp_path: Path) -> None:
    file = published(tmp_path, "'=1+1', 'buy', 1, '2024-07-02', 60, 60, 0.03")
    write_orders_csv(file, tmp_path / "orders.csv", fill="next_open")
    assert (tmp_path / "orders.csv").read_text().splitlines()[1].startswith('"\'=1+1",')


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (2.9999999999999996, 9, "3"),
        (1e16, 9, "10000000000000000"),
        (1e-9, 9, "0.000000001"),
        (100.0, 9, "100"),
        (10.5, 2, "10.5"),
        (0.004, 2, "0"),
    ],
)
def test_numbers_have_no_exponent_and_no_noise(number: float, digits: int, text: str) -> None:
    assert plain(number, digits) == text


def test_fractions_are_counted_as_the_file_writes_them() -> None:
    told = fraction_warning([12.5, 3.0, 1e6, 2.0000000001, 0.25])
    assert told is not None
    assert told.startswith("2 orders are for a fraction of a share, which most brokers do not take")
    assert str(fraction_warning([0.5])).startswith("1 order is for a fraction")
    assert fraction_warning([1.0, 250.0]) is None
    assert fraction_warning([]) is None
