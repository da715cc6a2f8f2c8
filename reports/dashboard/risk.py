"""The dashboard's page of portfolio and risk, from the charts and tables of the report."""

from reports import wording
from reports.account import Account, read_account
from reports.dashboard.blocks import Block, Figures, Heading, Table, Words
from reports.dashboard.plots import plot
from reports.night import Night
from reports.queries import Row
from reports.render import DEFAULT_TARGET_VOLATILITY
from reports.risk import limits_tonight
from reports.sections.account import account_section
from reports.sections.coverage import coverage_section
from reports.sections.exposures import MEASURES, exposures_section
from reports.sections.losses import losses_section, risk_charts, risk_history
from reports.sections.portfolio import portfolio_history
from reports.sections.portfolio import risk_charts as volatility_charts
from reports.sections.sleeves import sleeves_section
from reports.sections.stress import stress_section
from reports.sections.tracking import tracking_section


def risk_panel(night: Night, _strategy: str) -> list[Block]:
    """Account, sleeves, limits and target volatility, then losses, exposures and stress."""
    account = read_account(night.published, night.session)
    return [*_portfolio(night), *_losses(night, account), *_exposures(night),
            *_stress(night, account)]  # fmt: skip


def _portfolio(night: Night) -> list[Block]:
    found = account_section(night)
    weights = ("current_weight", "planned_weight", "final_weight")
    held = [
        {**_without(row, "bar", "order", "is_simulated"),
         "reason": wording.order_reason(row["reason"])}
        for row in found["rows"]
    ]  # fmt: skip
    sleeves = ("strategy", "weight", "equal_weight", "applied", "variance_share", "reason")
    tracking = tracking_section(night)
    years = ("period", "sessions", "realised", "ratio", "unbound", "untouched", "bound",
             "cut_forecast", "cut_realised", "qlike_forecast", "qlike_baseline", "bias_forecast",
             "bias_baseline")  # fmt: skip
    charts = volatility_charts(night, portfolio_history(night), DEFAULT_TARGET_VOLATILITY)
    return [
        Heading("Account and orders"),
        Words(f"{found['source']} Cash {wording.usd(found['cash'])}, after the orders "
              f"{wording.usd(found['planned_cash'])}."),
        Table(held, weights, ("quantity_shares", "value_usd"), "Neither holdings nor orders yet."),
        Heading("Sleeves"),
        Table([_only(row, sleeves) for row in sleeves_section(night)["rows"]], sleeves[1:5],
              empty="No sleeve weights yet."),
        Heading("Limits tonight"),
        Table([_limit(row) for row in limits_tonight(night.published, night.session)],
              ("used_of_bound",), empty="No limit was measured.",
              figures=("wanted", "used", "bound")),
        Heading("Target volatility"),
        *([Words(tracking["sentence"])] if tracking["sentence"] else []),
        Figures([plot(chart) for chart in charts]),
        Table([_only(row, years) for row in tracking["rows"]],
              ("realised", "unbound", "untouched", "cut_forecast", "cut_realised"),
              empty="Nothing to compare with the target yet."),
    ]  # fmt: skip


def _losses(night: Night, account: Account) -> list[Block]:
    found = losses_section(night, account)
    rows = [
        {
            "measure": row["name"],
            **{
                f"{kind}{unit}": part[column]
                for kind, part in zip(("historical", "parametric"), row["kinds"], strict=True)
                for unit, column in (("", "loss"), ("_usd", "usd"))
            },
        }
        for row in found["measures"]
    ]
    coverage = coverage_section(night)
    told = ("sample", "n", "found", "expected", "verdict")
    tests = [
        {"forecast": group["name"], **_only(row, told)}
        for group in coverage["groups"]
        for row in group["rows"]
    ]
    charts = risk_charts(night, risk_history(night))
    return [
        Heading("Losses to expect in the next session"),
        *(Words(sentence) for sentence in (_state(found["state"]), *coverage["warnings"])),
        Table(rows, ("historical", "parametric"), ("historical_usd", "parametric_usd"),
              "No forecast of losses yet."),
        Figures([plot(chart) for chart in charts]),
        Heading("Did losses keep to the forecasts?"),
        Table(tests, empty="No test of the forecasts yet."),
    ]  # fmt: skip


def _state(state: Row | None) -> str:
    if state is None:
        return "Nothing is known of the book's risk."
    return (
        f"Beta to SPY {wording.number(state['beta_spy'])}, drawdown "
        f"{wording.percent(state['drawdown'], 1)}, on stale inputs "
        f"{wording.percent(state['stale_gross_share'], 1)} of gross exposure."
    )


def _exposures(night: Night) -> list[Block]:
    found = exposures_section(night)
    rows = [
        {"part": group["label"], **_only(row, ("name", *MEASURES))}
        for group in found["groups"]
        for row in group["rows"]
    ]
    if rows and found["total"]:
        rows.append({"part": "Total", **_only(found["total"], ("name", *MEASURES))})
    percents = tuple(name for name in MEASURES if name != "beta_spy")
    return [
        Heading("Where the risk sits"),
        Table(rows, percents, empty="The book holds nothing, or the file has no exposures."),
    ]


def _stress(night: Night, account: Account) -> list[Block]:
    found = stress_section(night, account)
    rows = [
        {
            "kind": group["label"],
            "scenario": row["name"],
            "profit": row["profit"],
            "profit_usd": row["usd"],
            "largest": ", ".join(
                f"{part['symbol']} {wording.percent(part['profit_return'], signed=True)}"
                for part in row["parts"]
            ),
            "not covered": ", ".join(row["uncovered"]),
            "limited to": None if row["bound"] is None else -row["bound"],
        }
        for group in found["groups"]
        for row in group["rows"]
    ]
    return [
        Heading("Stress"),
        Words("Add scenarios of your own in config/portfolio.yaml."),
        Table(
            rows,
            ("profit", "limited to"),
            ("profit_usd",),
            "No stress of this book.",
            signed=("profit", "profit_usd"),
        ),
    ]


def _limit(row: Row) -> Row:
    bound = row["bound"]
    share = row["used"] / bound if row["used"] is not None and bound else None
    word = wording.times if row["limit_name"] == "leverage" else wording.percent
    return {
        "limit_name": wording.bound(row["limit_name"]),
        "of": row["subject"],
        **{name: word(row[name]) for name in ("wanted", "used", "bound")},
        "used_of_bound": share,
        "state": "binding" if row["is_binding"] else "",
        "note": row["note"],
    }


def _only(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
