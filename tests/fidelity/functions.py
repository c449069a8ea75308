"""The sources of the Lambda functions that stand behind an API under test. Touches nothing."""

from __future__ import annotations

REPLY = """
import json

def handler(event, context):
    body = event.get("body")
    if event.get("headers", {}).get("x-raise"):
        raise Exception(event["headers"]["x-raise"])
    return json.loads(body) if body else None
"""

ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
"""

PLAIN = """
def handler(event, context):
    if isinstance(event, dict) and event.get("raise"):
        raise Exception(event["raise"])
    return event
"""

# The token (or the x-token header) says what to answer; the context carries a number that is new in every invocation.
AUTHORIZER = """
import itertools, json
CALLS = itertools.count(1)

def handler(event, context):
    headers = event.get("headers") or {}
    token = event.get("authorizationToken") or headers.get("x-token") or ""
    arn = event["methodArn"]
    if token == "unauthorized":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("something else")
    if token == "malformed":
        return {"nothing": "useful"}
    if token == "nested":
        return answer(arn, "Allow", {"nested": {"a": 1}})
    if token == "deny":
        return answer(arn, "Deny", {})
    if token == "elsewhere":
        return answer(arn.rsplit("/", 1)[0] + "/another", "Allow", {})
    if token.startswith("stage"):
        arn = "/".join(arn.split("/")[:2]) + "/*"
    values = {"number": 42, "yes": True, "text": "x", "call": next(CALLS), "event": json.dumps(event)}
    made = answer(arn, "Allow", values)
    if token.startswith("key:"):
        made["usageIdentifierKey"] = token[4:]
    return made

def answer(arn, effect, values):
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {"principalId": "someone", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, "context": values}
"""
