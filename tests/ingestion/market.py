"""Three made-up tickers, answered in the shapes of all providers.

ZZQ, ZZR and BRK.B trade from 2017-05-01 on. Every close is 100 plus the session's number, so that a
row can be told by its price. ZZQ splits 2-for-1 on 2017-06-12 and pays 0.25 on 2017-06-15.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests

from tests.ingestion.transport import Canned
from warehouse.sessions import NEW_YORK, new_york_sessions

EVENING = datetime(2017, 7, 1, 1, 0, tzinfo=UTC)  # 21:00 New York on Friday 2017-06-30
FIRST_DAY = date(2017, 5, 1)
SPLIT_DAY = date(2017, 6, 12)


@dataclass
class Fault:
    """Takes `times` requests whose address matches."""

    pattern: str
    answer: Any
    times: int = 10**9


class Market:
    """What the providers know at `now`."""

    def __init__(self) -> None:
        self.now = EVENING
        self.plan = "paid"
        self.finnhub_plan = "free"
        self.symbols = ["ZZQ", "ZZR", "BRK.B"]
        self.faults: list[Fault] = []
        self.sessions = new_york_sessions()
        self.stories: list[tuple[str, str, datetime]] = []
        self.last_bar: dict[str, date] = {}
        self.revised: dict[tuple[str, date], float] = {}

    def answer(self, request: requests.PreparedRequest) -> Canned | Exception:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.pattern, unquote(request.url)):
                fault.times -= 1
                return fault.answer
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return getattr(self, "_" + url.netloc.split(".")[0])(url.path, query, request)

    def today(self) -> date:
        return self.now.astimezone(NEW_YORK).date()

    def days(self, first: date, last: date, *, symbol: str = "", ready: time = time(16, 15)):
        """Finished sessions of a window."""
        found = self.sessions.between(max(first, FIRST_DAY), min(last, self.today()))
        end = self.last_bar.get(symbol, date.max)
        return [day for day in found if self.sessions.at(day, ready) <= self.now and day <= end]

    def close_of(self, symbol: str, day: date) -> float:
        number = len(self.sessions.between(FIRST_DAY, day))
        return self.revised.get((symbol, day), 100.0 + number)

    def _massive_bar(self, symbol: str, day: date, clock: time) -> dict[str, Any]:
        close = self.close_of(symbol, day)
        stamp = int(datetime.combine(day, clock, NEW_YORK).timestamp() * 1000)
        prices = {"o": close - 0.5, "h": close + 1, "l": close - 1, "c": close}
        return {**prices, "v": 1000.5, "vw": close, "t": stamp, "n": 10}

    def _polygon(self, path: str, query: dict[str, str], _: Any) -> Canned:
        if path.startswith("/v2/aggs/"):
            return self._aggregates(path)
        if path == "/v2/reference/news":
            since = query["published_utc.gte"]
            stories = [
                {"id": name, "title": f"headline {name}", "published_utc": at.isoformat(),
                 "tickers": [symbol], "publisher": {"name": "Example Wire"}, "article_url": "u",
                 "insights": [{"ticker": symbol, "sentiment": "positive"}]}
                for symbol, name, at in self.stories
                if symbol == query.get("ticker", symbol) and since <= at.isoformat()
            ]  # fmt: skip
            return Canned({"status": "OK", "results": stories})
        asked = (query.get("ticker.any_of") or query.get("ticker") or "ZZQ,YYY").split(",")
        if path.endswith("/splits"):
            name, rows = "execution_date", [("2017-06-12", {"split_from": 1.0, "split_to": 2.0})]
            rows.append(("2017-12-01", {"split_from": 1.0, "split_to": 3.0}))  # announced
        else:
            name, rows = "ex_dividend_date", [("2017-06-15", {"cash_amount": 0.25, "id": "D1"})]
        results = [
            {"ticker": symbol, name: day, **values}
            for day, values in rows
            for symbol in ("ZZQ", "YYY")  # the second one is nobody's wish
            if symbol in asked and query[f"{name}.gte"] <= day
        ]
        return Canned({"status": "OK", "results": results})

    def _minutes(self, first: date, last: date, symbol: str) -> list[tuple[int, float]]:
        """Epoch seconds and closes of 5-minute bars from 09:00 to 17:00 New York."""
        starts = [
            int(datetime.combine(day, time(9), NEW_YORK).timestamp()) + 300 * number
            for day in self.days(first, last, symbol=symbol)
            for number in range(96)
        ]
        return [(start, 100.0 + number) for number, start in enumerate(starts)]

    def _aggregates(self, path: str) -> Canned:
        parts = path.split("/")
        is_grouped = parts[3] == "grouped"
        first, last = (
            date.fromisoformat(text) for text in (parts[-1 if is_grouped else -2], parts[-1])
        )
        if self.plan == "free" and last >= self.today():
            message = "Your plan doesn't include this data timeframe."
            return Canned({"status": "NOT_AUTHORIZED", "message": message}, 403)
        if is_grouped:
            rows = [
                {"T": symbol, **self._massive_bar(symbol, day, time(16))}
                for symbol in [*self.symbols, "ZZ\u00e9 junk"]
                for day in self.days(first, last, symbol=symbol)
            ]
            return Canned({"status": "OK", "adjusted": False, "results": rows})
        symbol = unquote(parts[4])
        if parts[7] == "minute":
            rows = [
                {"o": close, "h": close, "l": close, "c": close, "v": 1, "t": start * 1000}
                for start, close in self._minutes(first, last, symbol)
            ]
            return Canned({"status": "OK", "ticker": symbol, "adjusted": False, "results": rows})
        rows = [
            self._massive_bar(symbol, day, time(0))
            for day in self.days(first, last, symbol=symbol)
            if symbol in self.symbols
        ]
        results = {"results": rows} if rows else {}
        return Canned({"status": "OK", "ticker": symbol, "adjusted": False, **results})

    def _finnhub(self, path: str, query: dict[str, str], _: Any) -> Canned:
        if path.endswith("/quote"):
            return Canned({"c": 0.0, "t": 0})
        if path.endswith("/news-sentiment"):
            return self._finnhub_news_sentiment(query["symbol"])
        if "/stock/" in path:
            if self.finnhub_plan == "free":
                return Canned({"error": "You don't have access to this resource."}, 403)
            return self._finnhub_prices(path, query)
        rows = [
            {"id": int(name), "datetime": int(at.timestamp()), "headline": f"headline {name}",
             "summary": "s", "source": "Example Wire", "url": "u", "related": symbol}
            for symbol, name, at in sorted(self.stories, key=lambda story: story[2], reverse=True)
            if symbol == query["symbol"] and query["from"] <= at.date().isoformat() <= query["to"]
        ]  # fmt: skip
        return Canned(rows[:250])

    def _finnhub_news_sentiment(self, symbol: str) -> Canned:
        if self.finnhub_plan == "free":
            return Canned({"error": "You don't have access to this resource."}, 403)
        count = sum(story[0] == symbol for story in self.stories)
        buzz = {"articlesInLastWeek": count, "buzz": 0.5, "weeklyAverage": 1.0}
        shares = {"bearishPercent": 0.25, "bullishPercent": 0.75} if count else None
        return Canned(
            {"buzz": buzz, "companyNewsScore": 0.6, "sentiment": shares, "symbol": symbol}
        )

    def _finnhub_prices(self, path: str, query: dict[str, str]) -> Canned:
        symbol = query["symbol"]
        if path.endswith("/split"):
            row = {"symbol": symbol, "date": "2017-06-12", "fromFactor": 1, "toFactor": 2}
            return Canned([row] if symbol == "ZZQ" else [])
        if path.endswith("/dividend"):
            row = {"symbol": symbol, "date": "2017-06-15", "amount": 0.25, "currency": "USD"}
            return Canned([row] if symbol == "ZZQ" else [])
        first, last = (
            datetime.fromtimestamp(int(query[name]), UTC).date() for name in ("from", "to")
        )
        if query["resolution"] == "D":
            days = self.days(first, last, symbol=symbol)
            stamps = [int(datetime.combine(day, time(), UTC).timestamp()) for day in days]
            closes = [self.split_adjusted(symbol, day) for day in days]
        else:
            inside = range(int(query["from"]), int(query["to"]) + 1)
            bars = [bar for bar in self._minutes(first, last, symbol) if bar[0] in inside]
            stamps, closes = [bar[0] for bar in bars], [bar[1] for bar in bars]
        if not stamps:
            return Canned({"s": "no_data"})
        arrays = {name: list(closes) for name in "ohlc"}
        return Canned({"s": "ok", "t": list(stamps), "v": [1.0] * len(stamps), **arrays})

    def split_adjusted(self, symbol: str, day: date) -> float:
        """The close as vendors rewrite it after ZZQ's split."""
        is_before = symbol == "ZZQ" and day < SPLIT_DAY <= self.today()
        return self.close_of(symbol, day) / (2 if is_before else 1)

    def _yahoo(self, path: str, query: dict[str, str], _: Any) -> Canned:
        asked = unquote(path.rsplit("/", 1)[1])
        symbol = asked.replace("-", ".")
        first, last = (
            datetime.fromtimestamp(int(query[name]), UTC).date() for name in ("period1", "period2")
        )
        days = self.days(first, last, symbol=symbol)
        stamps = [int(datetime.combine(day, time(9, 30), NEW_YORK).timestamp()) for day in days]
        closes = [self.split_adjusted(symbol, day) for day in days]
        quote = dict.fromkeys(("open", "high", "low", "close"), closes)
        result = {
            "meta": {"symbol": asked, "exchangeTimezoneName": "America/New_York"},
            "indicators": {"quote": [{**quote, "volume": [1.0] * len(days)}]},
        }
        if days:
            result["timestamp"] = stamps
        if symbol == "ZZQ" and first <= SPLIT_DAY <= self.today():
            split = {"date": 1497274200, "numerator": 2.0, "denominator": 1.0}
            paid = {"date": 1497533400, "amount": 0.25}
            result["events"] = {"splits": {"1": split}, "dividends": {"1": paid}}
        return Canned({"chart": {"result": [result], "error": None}})

    def _fmp_news(self, query: dict[str, str]) -> Canned:
        if self.plan == "free":
            return Canned("Restricted Endpoint: not in your subscription", 402, "text/plain")
        told = [
            (at.astimezone(NEW_YORK), name, symbol)
            for symbol, name, at in sorted(self.stories, key=lambda story: story[2], reverse=True)
            if symbol == query["symbols"] and query["from"] <= at.date().isoformat() <= query["to"]
        ]
        first = int(query["page"]) * int(query["limit"])
        return Canned(
            [
                {"symbol": symbol, "publishedDate": f"{at:%Y-%m-%d %H:%M:%S}", "site": "wire.test",
                 "publisher": "Example Wire", "title": f"headline {name}", "text": "s",
                 "url": f"https://wire.test/{name}", "image": ""}
                for at, name, symbol in told[first : first + int(query["limit"])]
            ]
        )  # fmt: skip

    def _fmp(self, path: str, query: dict[str, str], _: Any) -> Canned:
        if path.endswith("/news/stock"):
            return self._fmp_news(query)
        symbol = query["symbol"]
        if self.plan == "free" and symbol == "ZZR":
            text = "Premium Query Parameter: 'Special Endpoint : This value set for 'symbol' is not"
            return Canned(text, 402, "text/plain")
        if path.endswith("/splits"):
            rows = [{"date": "2017-06-12", "numerator": 2, "denominator": 1}]
        elif path.endswith("/dividends"):
            rows = [{"date": "2017-06-15", "dividend": 0.25, "recordDate": ""}]
        else:
            first, last = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
            rows = []
            for day in reversed(self.days(first, last, symbol=symbol)):
                close = self.close_of(symbol, day)
                rows.append(
                    {"symbol": symbol, "date": day.isoformat(), "adjOpen": close - 0.5,
                     "adjHigh": close + 1, "adjLow": close - 1, "adjClose": close, "volume": 1000}
                )  # fmt: skip
            return Canned(rows)
        return Canned([{"symbol": symbol, **row} for row in rows if symbol == "ZZQ"])

    def _observed(self, first: str, last: str) -> list[tuple[str, str]]:
        window = date.fromisoformat(first), date.fromisoformat(last)
        days = self.days(*window)
        known = [
            day
            for day in days
            if self.sessions.at(self.sessions.next_session(day), time(9)) <= self.now
        ]
        return [(str(day), "." if day == date(2017, 5, 29) else f"{day.day / 10}") for day in known]

    def _fred(self, path: str, query: dict[str, str], _: Any) -> Canned:
        pairs = self._observed(query["observation_start"], query["observation_end"])
        rows = [{"date": day, "value": value} for day, value in pairs]
        return Canned({"count": len(rows), "offset": 0, "observations": rows})

    def _graph(self, path: str, query: dict[str, str], _: Any) -> Canned:
        pairs = self._observed(query["cosd"], query["coed"])
        lines = [f"observation_date,{query['id']}"]
        lines += [f"{day},{'' if value == '.' else value}" for day, value in pairs]
        return Canned("\n".join([*lines, ""]), content_type="application/csv")

    def _cboe(self, path: str, query: dict[str, str], request: Any) -> Canned:
        if "delayed_quotes" in path:
            day = self.days(FIRST_DAY, self.today())[-1]
            close = self.close_of("VIX", day)
            prices = dict.fromkeys(("open", "high", "low", "close"), close)
            return Canned({"data": {"last_trade_time": f"{day}T16:15:01", **prices}})
        days = self.days(FIRST_DAY, self.today(), ready=time(20, 30))
        rows = [f"{day:%m/%d/%Y},{','.join(4 * [str(self.close_of('VIX', day))])}" for day in days]
        etag = f'"{days[-1]}"'
        if request.headers.get("If-None-Match") == etag:
            return Canned(b"", 304, "text/csv", {"etag": etag})
        body = "\n".join(["DATE,OPEN,HIGH,LOW,CLOSE", *rows, ""])
        return Canned(body, content_type="text/csv", headers={"etag": etag})
