"""The residency proof reads the roots as it reads templates."""

from __future__ import annotations

import json
from typing import Any

from infra.residency.proof import allowed_regions, prove
from infra.residency.template import TemplateText, read_templates
from infra.residency.territory import Territory
from infra.terraform.proof import as_templates, is_root
from tests.infra.terraform.conftest import Shop


def proved(roots: dict[str, Any]) -> bool:
    texts = [TemplateText(file=f"out/{name}/main.tf.json", text=json.dumps(root)) for name, root in roots.items()]
    assert all(is_root(text.text) for text in texts)
    read = read_templates([made for text in texts for made in as_templates(text)])
    territory, allowed = Territory(), allowed_regions([])
    found = prove(read.zone, territory=territory, allowed=allowed, names=("api.shop.example",), file="roots")
    return found.proved


def test_the_roots_keep_the_eu_in_the_eu(shop: Shop) -> None:
    assert proved(shop.synthesis.roots)


def test_a_country_that_is_sent_out_is_a_leak(shop: Shop) -> None:
    text = json.dumps(shop.root("dns"))
    country = shop.root("dns")["resource"]["aws_route53_record"]["root_record_country_fr_a"]["alias"]["name"]
    out = country.replace("eu_west_1", "us_east_1")
    changed = json.loads(text)
    changed["resource"]["aws_route53_record"]["root_record_country_fr_a"]["alias"]["name"] = out
    assert not proved({**shop.synthesis.roots, "dns": changed})


def test_a_template_is_no_root() -> None:
    assert not is_root('{"Resources": {}}')
    assert not is_root("name: x")
