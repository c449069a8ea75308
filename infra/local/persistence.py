"""Keeping the embedded AWS over restarts, when asked: one folder, written at a clean stop.

May touch: that folder. ministack writes its services there itself; we add the state of API Gateway in the same moment, because
stacks that come back without their APIs are worse than none. A kill -9 loses what happened since the last clean stop.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from infra.errors import LocalError
from infra.local.control.store import Definition, Deployment, RegionState, RestApi, Store

__all__ = ["configure", "dumps", "load", "loads", "save"]

_FILE = "apigateway.json"
_FORMAT = 1
_TUPLE_KEYS = ("usage", "authorizer_epoch")


def configure(environment: MutableMapping[str, str], folder: Path) -> None:
    """Makes ministack keep its services below ``folder``; call before ministack is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    environment.update(
        PERSIST_STATE="1", STATE_DIR=str(folder / "services"), S3_PERSIST="1", S3_DATA_DIR=str(folder / "s3")
    )


def save(store: Store, folder: Path) -> None:
    """Writes the state atomically: a stop in the middle leaves the file of before."""
    unfinished = folder / f"{_FILE}.tmp"
    unfinished.write_text(dumps(store), encoding="utf-8")
    os.replace(unfinished, folder / _FILE)


def load(folder: Path) -> Store:
    """The state of the last clean stop, or an empty one. Raises LocalError for a file that is not ours."""
    file = folder / _FILE
    if not file.exists():
        return Store()
    try:
        return loads(file.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(
            f"{file} cannot be read ({error}). Remove it to start empty, or choose another --state folder."
        ) from error


def dumps(store: Store) -> str:
    """The whole store as JSON."""
    regions = []
    for state in store.regions():
        shape = asdict(state)
        for name in _TUPLE_KEYS:
            shape[name] = [[list(key), value] for key, value in getattr(state, name).items()]
        regions.append(shape)
    return json.dumps({"format": _FORMAT, "regions": regions})


def loads(text: str) -> Store:
    """The inverse of ``dumps``."""
    document = json.loads(text)
    if document["format"] != _FORMAT:
        raise ValueError(f"format {document['format']}, this version reads {_FORMAT}")
    store = Store()
    for shape in document["regions"]:
        state = store.region(shape["account"], shape["region"])
        for field in fields(RegionState):
            if field.name == "rest_apis":
                state.rest_apis.update({key: _api(value) for key, value in shape["rest_apis"].items()})
            elif field.name in _TUPLE_KEYS:
                setattr(state, field.name, {tuple(key): value for key, value in shape[field.name]})
            elif field.name in shape:  # a file from before has not all of them
                setattr(state, field.name, shape[field.name])
    return store


def _api(shape: dict[str, Any]) -> RestApi:
    deployments = {
        key: Deployment(**{**value, "definition": Definition(**value["definition"])})
        for key, value in shape["deployments"].items()
    }
    return RestApi(**{**shape, "live": Definition(**shape["live"]), "deployments": deployments})
