"""Every error text of the providers, and what can be done about it."""

import pytest

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    EntitlementError,
    NotFoundError,
    QuotaError,
    TransientError,
)
from ingestion.night import PROFILES
from tests.ingestion.transport import Canned

BY_NAME = {profile.name: profile for profile in PROFILES}
PREMIUM = "Premium Query Parameter: 'Special {} : {} is not available under your plan"


@pytest.mark.parametrize(
    ("provider", "status", "body", "error", "scope"),
    [
        ("polygon", 401, {"status": "ERROR", "error": "Unknown API Key"}, AuthError, None),
        ("polygon", 403, {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this "
         "data."}, EntitlementError, "endpoint"),
        ("polygon", 403, {"status": "NOT_AUTHORIZED", "message": "Your plan doesn't include this "
         "data timeframe."}, EntitlementError, "window"),
        ("polygon", 403, {"status": "ERROR", "error": "no"}, EntitlementError, "endpoint"),
        ("polygon", 404, {"status": "NOT_FOUND", "message": "Ticker not found."}, NotFoundError,
         None),
        ("polygon", 400, {"status": "ERROR", "error": "bad range"}, BadPayloadError, None),
        ("polygon", 200, {"status": "ERROR", "error": "broken"}, BadPayloadError, None),
        ("finnhub", 401, {"error": "Please use an API key."}, AuthError, None),
        ("finnhub", 401, {"error": "Invalid API key."}, AuthError, None),
        ("finnhub", 401, {"error": "You don't have access to this resource."}, EntitlementError,
         "symbol"),
        ("finnhub", 403, {"error": "You don't have access to this resource."}, EntitlementError,
         "symbol"),
        ("finnhub", 403, {"error": "403"}, EntitlementError, "symbol"),
        ("finnhub", 200, {"error": "something"}, BadPayloadError, None),
        ("finnhub", 422, {"error": "Missing parameter"}, BadPayloadError, None),
        ("fmp", 401, {"Error Message": "Invalid API KEY. Please retry"}, AuthError, None),
        ("fmp", 402, "Restricted Endpoint: This endpoint is not available", EntitlementError,
         "endpoint"),
        ("fmp", 402, PREMIUM.format("Endpoint", "This value set for 'symbol'"), EntitlementError,
         "symbol"),
        ("fmp", 402, PREMIUM.format("Parameters", "'limit' must be between 0 and 5"),
         EntitlementError, "parameter"),
        ("fmp", 402, "something new", EntitlementError, "request"),
        ("fmp", 403, {"Error Message": "Legacy Endpoint : only for legacy"}, EntitlementError,
         "endpoint"),
        ("fmp", 429, {"Error Message": "Limit Reach . Please upgrade"}, QuotaError, None),
        ("fmp", 200, {"Error Message": "Limit Reach . Please upgrade"}, QuotaError, None),
        ("fmp", 200, {"Error Message": "other"}, BadPayloadError, None),
        ("fred", 400, {"error_message": "Bad Request.  Variable api_key is not set."}, AuthError,
         None),
        ("fred", 400, {"error_message": "The value for variable api_key is not a 32 character "
         "alpha-numeric lower-case string."}, AuthError, None),
        ("fred", 400, {"error_message": "The value for variable api_key is not registered."},
         AuthError, None),
        ("fred", 400, {"error_message": "The series does not exist."}, NotFoundError, None),
        ("fred", 400, {"error_message": "The series does not exist in ALFRED but may exist in "
         "FRED"}, NotFoundError, None),
        ("fred", 400, {"error_message": "There are 5090 vintage dates"}, BadPayloadError, None),
        ("fred_graph", 404, "<html>404</html>", NotFoundError, None),
        ("cboe", 403, "<?xml?><Error><Code>AccessDenied</Code></Error>", NotFoundError, None),
    ],
)  # fmt: skip
def test_refusal_is_told_from_its_text(client, provider, status, body, error, scope):
    with pytest.raises(error) as caught:
        client([Canned(body, status)]).get(BY_NAME[provider], "/x")

    assert getattr(caught.value, "scope", None) == scope


@pytest.mark.parametrize(
    ("provider", "status", "body"),
    [
        ("polygon", 429, {"status": "ERROR", "error": "You've exceeded the maximum requests"}),
        ("polygon", 504, "<html>gateway</html>"),
        ("finnhub", 429, {"error": "API limit reached. Remaining Limit: 0"}),
        ("finnhub", 200, {"error": "API limit reached. Remaining Limit: 0"}),
        ("fmp", 500, "oops"),
        ("fred", 429, {"error_code": 429, "error_message": "Too Many Requests.  Exceeded"}),
        ("fred", 423, {"error_code": 423, "error_message": "Locked"}),
        ("fred", 500, "<error code='500'/>"),
    ],
)
def test_passing_refusal_is_asked_again(client, provider, status, body):
    answers = [Canned(body, status), Canned({"status": "OK"})]

    assert client(answers).get(BY_NAME[provider], "/x").attempts == 2


def test_message_quotes_the_provider_without_its_request_id(client):
    body = {"status": "NOT_AUTHORIZED", "request_id": "abc123", "message": "not\x1b in plan"}
    with pytest.raises(EntitlementError) as caught:
        client([Canned(body, 403)]).get(BY_NAME["polygon"], "/x")

    assert str(caught.value) == "polygon answered 403: not in plan"


def test_transient_error_names_the_class_that_people_read():
    assert TransientError("x").failure == "transient"


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("fmp", [{"title": "Debt limit reached in Congress, invalid API key leaked"}]),
        ("finnhub", [{"headline": "API limit reached: You don't have access to your API key"}]),
        ("polygon", {"status": "OK", "results": [{"title": 'Unknown API Key, "NOT_FOUND"'}]}),
    ],
)
def test_headline_that_reads_like_a_refusal_is_data(client, provider, body):
    assert client([Canned(body)]).get(BY_NAME[provider], "/x").attempts == 1
