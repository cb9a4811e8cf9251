"""Endpoints are named, once each, as the explainers are; no event of a page is offered beside them."""

from __future__ import annotations

import app
from explainers import ALL


def test_endpoints_are_the_explainers() -> None:
    info = app.build().get_api_info()
    assert set(info["named_endpoints"]) == {f"/{explainer.name}" for explainer in ALL}
    assert info["unnamed_endpoints"] == {}


def test_every_endpoint_ends_with_the_language() -> None:
    for name, endpoint in app.build().get_api_info()["named_endpoints"].items():
        parameters = [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        assert (parameters[0], parameters[-1]) == ("text", "lang"), name
