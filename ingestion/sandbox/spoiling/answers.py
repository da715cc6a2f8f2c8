"""Faults of a whole answer, whatever was asked: refusals, web pages, noise, an echoed key."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.wire.http import Reply, Request, json_reply, text_reply

HTML_TYPE = "text/html; charset=utf-8"
FOREIGN_ADDRESS = "https://foreign.example"
_RESTRICTED = "Restricted Endpoint: This endpoint is not available under your subscription."
_UNENTITLED = "You are not entitled to this data. Please upgrade your plan."
_UNREGISTERED = "Bad Request.  The value for variable api_key is not registered."

WORDS: Mapping[tuple[str, int], Mapping[str, object] | str] = {
    ("polygon", 401): {"status": "ERROR", "error": "Unknown API Key"},
    ("polygon", 403): {"status": "NOT_AUTHORIZED", "message": _UNENTITLED},
    ("polygon", 429): {
        "status": "ERROR",
        "error": "You've exceeded the maximum requests per minute, please wait.",
    },
    ("finnhub", 401): {"error": "Invalid API key."},
    ("finnhub", 403): {"error": "You don't have access to this resource."},
    ("finnhub", 429): {"error": "API limit reached. Please try again later. Remaining Limit: 0"},
    ("fmp", 401): {"Error Message": "Invalid API KEY. Please retry or visit our documentation."},
    ("fmp", 402): _RESTRICTED,
    ("fmp", 429): {"Error Message": "Limit Reach . Please upgrade your plan."},
    ("fred", 400): {"error_code": 400, "error_message": _UNREGISTERED},
    ("fred", 429): {"error_code": 429, "error_message": "Too Many Requests.  Exceeded Rate Limit"},
    ("yahoo", 429): "Too Many Requests\r\n",
}
"""What a provider says with a status, where its own words decide the class of the failure."""


def replaced_reply(rule: FaultRule, request: Request, reply: Reply, provider: str) -> Reply:
    """The answer of a kind that does not look into the rows.

    Parameters
    ----------
    reply : what the provider would have answered.
    """
    if rule.kind == "status":
        return _status(rule, provider)
    if rule.kind == "html200":
        return text_reply(_page(rule.text("Sign in to the network")), 200, HTML_TYPE)
    if rule.kind == "truncated_json":
        return replace(reply, body=reply.body[: int(len(reply.body) * rule.number(0.5))])
    if rule.kind == "invalid_json":
        return Reply(rule.text("Invalid name").encode(), 200, reply.content_type)
    if rule.kind == "empty200":
        return Reply(rule.text("").encode(), 200, reply.content_type)
    if rule.kind == "key_echo":
        return _echo(request, int(rule.number(500)))
    return _leading_away(rule, request, reply)


def _status(rule: FaultRule, provider: str) -> Reply:
    """A status with the given body, else with the provider's own words, else with plain ones."""
    given = rule.value if isinstance(rule.value, Mapping) else {"code": rule.value or 500}
    code = int(given.get("code", 500))
    words = WORDS.get((provider, code), {"error": f"the request was answered with {code}"})
    if code >= 500:
        reply = text_reply(_page(f"{code} Server Error"), code, HTML_TYPE)
    elif isinstance(words, str):
        reply = text_reply(words, code, "text/plain; charset=utf-8")
    else:
        reply = json_reply(words, code)
    if "body" in given:
        reply = replace(reply, body=_text(given["body"]).encode())
    content_type = given.get("content_type", reply.content_type)
    headers = {name: str(text) for name, text in given.get("headers", {}).items()}
    return replace(reply, content_type=content_type, headers=headers)


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def _page(title: str) -> str:
    head = f"<head><title>{title}</title></head>"
    return f"<!DOCTYPE html><html>{head}<body><h1>{title}</h1></body></html>"


def _echo(request: Request, status: int) -> Reply:
    """An error that repeats the key as sent, URL-encoded and in base64, in body and headers."""
    key = request.key
    encoded = base64.b64encode(key.encode()).decode()
    as_user = base64.b64encode(f"user:{key}".encode()).decode()
    told = (
        f"cannot serve {request.path}?apiKey={quote(key, safe='')} for {key} "
        f"(authorization: Bearer {key}, Basic {as_user}, {encoded})"
    )
    reply = json_reply({"error": told, "request": {"credentials": [key, encoded, as_user]}}, status)
    shown = {"X-Request-Credentials": f"{key} {encoded}", "X-Basic": as_user}
    return replace(reply, headers=shown if key else {})


def _leading_away(rule: FaultRule, request: Request, reply: Reply) -> Reply:
    """A list whose next page lies on another host; other shapes know no pages."""
    if reply.status != 200 or "json" not in reply.content_type:
        return reply
    payload = json.loads(reply.body)
    if not isinstance(payload, dict) or not isinstance(payload.get("results"), list):
        return reply
    address = rule.text(FOREIGN_ADDRESS).rstrip("/")
    payload["next_url"] = f"{address}{quote(request.path, safe='/:')}?cursor=bmV4dA"
    return json_reply(payload)
