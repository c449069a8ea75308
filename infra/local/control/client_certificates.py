"""Client certificates that the gateway would show a backend. Memory only; the PEM is a placeholder, nothing signs with it."""

from __future__ import annotations

from infra.local.control import patch
from infra.local.control.call import Call, present
from infra.local.control.errors import not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar
from infra.local.control.store import Shape

_YEAR_SECONDS = 365 * 24 * 3600
_PEM = "-----BEGIN CERTIFICATE-----\n(the embedded API Gateway makes no certificate)\n-----END CERTIFICATE-----"


def generate_client_certificate(call: Call) -> Shape:
    shape = {
        "clientCertificateId": call.new_id(6),
        "pemEncodedCertificate": _PEM,
        "createdDate": call.now,
        "expirationDate": call.now + _YEAR_SECONDS,
        **present(description=call.arg("description") or None, tags=call.arg("tags") or None),
    }
    call.state.client_certificates[shape["clientCertificateId"]] = shape
    return shape


def get_client_certificate(call: Call) -> Shape:
    return {"tags": {}, **_find(call)}


def get_client_certificates(call: Call) -> Shape:
    return page(call, list(call.state.client_certificates.values()))


def update_client_certificate(call: Call) -> Shape:
    patched = patch.apply(_find(call), patch.operations(call), _GRAMMAR)
    call.state.client_certificates[patched["clientCertificateId"]] = patched
    return {"tags": {}, **patched}


def delete_client_certificate(call: Call) -> None:
    del call.state.client_certificates[_find(call)["clientCertificateId"]]


def _find(call: Call) -> Shape:
    shape = call.state.client_certificates.get(call.params["clientCertificateId"])
    if shape is None:
        raise not_found("Invalid Client Certificate identifier specified")  # unsure of the text
    return shape


_GRAMMAR = Grammar({"/description": patch.text("description")}, listing=True)
