"""Models that a page names and that have to be fetched first: a person who chose one gets it, a link gets another."""

from __future__ import annotations

import logging
from typing import Any

import hosting
import models

from ..contract import Explainer, Model, Refusal
from .offer import STRIP, default_model

ON_ITS_WAY = ("being_fetched", "being_converted", "hub_fetching", "host_converting")
BIDIRECTIONAL = frozenset({"masked", "attention"})  # what is nearest to a model that has no head at all


def absent(explainer: Explainer, request: dict[str, Any], language: str) -> dict[str, Any] | None:
    """The model that a request names and that is not here, the control that names it, and the nearest bundled one.

    None where all are here, on their way, or named by the person who asks: "fetch" in the request. `offered` says
    whether choosing it would fetch it.
    """
    for control, name in named(explainer, request).items():
        if isinstance(name, str) and models.is_absent(name) and name != request.get("fetch"):
            offered = models.policy() == "any" or any(entry.name == name for entry in models.offered())
            return {"control": control, "model": name, "instead": nearest(name, language), "offered": offered}
    return None


def named(explainer: Explainer, request: dict[str, Any]) -> dict[str, Any]:
    """The page's model and those of an explainer's own controls, by the controls' names."""
    given = request.get("controls")
    own = given if isinstance(given, dict) else {}
    kinds = [control.name for control in explainer.controls if isinstance(control, Model)]
    found = {name: own.get(name) for name in kinds}
    return found | {"model": request.get("model") or found.get("model")}


def nearest(name: str, language: str) -> str:
    """The bundled model that can do most of what a real one can."""
    entry = next((entry for entry in models.CATALOG if entry.name == name), None)
    can = entry.can if entry else STRIP
    wanted = can if can - {"attention"} else BIDIRECTIONAL
    spoken = language if not entry or language in entry.languages else entry.languages[0]
    return default_model(spoken, wanted) or default_model(spoken)


def await_models(explainer: Explainer, values: dict[str, Any]) -> None:
    """Sees that all models among the values are here or on their way; raises the Refusal of `models.arrive`."""
    for control in explainer.controls:
        if isinstance(control, Model):
            models.arrive(values[control.name])


def on_its_way(refusal: Refusal) -> dict[str, Any] | None:
    """What a page is told of a model on its way: its name, the share that is there, where its terms are; else None.

    The share is None where it is not known, the terms where the refusal does not name them.
    """
    if refusal.key not in ON_ITS_WAY:
        return None
    return {"model": refusal.facts["model"], "share": refusal.facts.get("share"), "terms": refusal.facts.get("terms")}


def check_named() -> None:
    """Ends the program where the host has named a real model that there is not (GLASSBOX_WITH)."""
    known = [entry.name for entry in models.CATALOG if entry.packages]
    if not set(hosting.WITH.read()) <= set(known):
        hosting.fail(str(hosting.WITH.bad(f"it may name {', '.join(known)}")))


def fetch_named() -> None:
    """Has the models fetched that the host has named and that are not here, and says so on the terminal."""
    for name in hosting.WITH.read():
        try:
            models.arrive(name)
        except Refusal as refusal:
            logging.getLogger("glassbox").warning("%s: %s", hosting.WITH.name, refusal)
