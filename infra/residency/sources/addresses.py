"""`python -m infra.residency.sources.addresses FOLDER`: one IPv4 and one IPv6 network of every country -> addresses.json.

FOLDER is the unpacked npm package `@ip-location-db/geo-whois-asn-country`: the allocations that the Number Resource Organization
(nro.net) publishes under CC BY 4.0. The middle of a country's largest allocation is taken: it changes its country least
often. Reads two CSV files, writes one JSON file.
"""

from __future__ import annotations

import csv
import ipaddress
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.residency.territory import table

__all__ = ["largest", "network"]

TARGET = Path(__file__).parents[1] / "addresses.json"
# What Route 53 looks at when a resolver sends more (TestDNSAnswer: EDNS0ClientSubnetMask).
PREFIXES = {4: 24, 6: 64}


def largest(rows: Iterable[list[str]]) -> dict[str, tuple[int, int]]:
    """Country -> first and last address of its largest range."""
    found: dict[str, tuple[int, int]] = {}
    for first, last, code in rows:
        span = int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last))
        if code not in found or span[1] - span[0] > found[code][1] - found[code][0]:
            found[code] = span
    return found


def network(span: tuple[int, int], version: int) -> str:
    """The network around the middle of a range."""
    middle = (span[0] + span[1]) // 2
    kind: Any = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    return str(ipaddress.ip_network(f"{kind(middle)}/{PREFIXES[version]}", strict=False))


def main(folder: Path) -> None:
    spans = {}
    for version in PREFIXES:
        with (folder / f"geo-whois-asn-country-ipv{version}.csv").open(encoding="ascii", newline="") as file:
            spans[version] = largest(csv.reader(file))
    networks = {
        code: [network(spans[version][code], version) for version in PREFIXES if code in spans[version]]
        for code in table()["places"]
        if any(code in found for found in spans.values())
    }
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    document = {
        "about": "One IPv4 and one IPv6 network in every country, from the registries' allocations. An allocation says who holds an "
        "address, not where it is used: Route 53's own map may differ.",
        "source": f"{about['name']} {about['version']}",
        "licence": "CC BY 4.0, Number Resource Organization (nro.net)",
    }
    rows = ",\n".join(f'  "{code}": {json.dumps(nets)}' for code, nets in sorted(networks.items()))
    head = json.dumps(document, indent=1)[:-2]
    TARGET.write_text(f'{head},\n "networks": {{\n{rows}\n }}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
