"""Which models a page offers, in which order, and which one answers where the chosen one cannot."""

from __future__ import annotations

import logging

import hosting
import models

from ..contract import Model
from ..words import LANGUAGES
from .checks import refusal_text

STRIP = frozenset({"causal", "attention"})  # what the strip shows, and so what a page begins with
ABILITIES = ("causal", "masked", "recurrent", "attention")  # the first that is lacking is what the page says


WORDS = ("causal", "masked")
BARE = frozenset({"attention"})  # a model without a head that says a word, such as one that makes vectors of sentences
GROUPS = ("bundled", "real", "own")
SMALL = 20_000_000  # parameters: a model of fewer has read little, and pages say so


def group_of(entry: models.Entry) -> str:
    """Where an entry stands in the list: bundled, real, or the host's own folder."""
    own = models.host_entry()
    if own is not None and entry.name == own.name:
        return "own"
    return "real" if entry.hub else "bundled"


def model_names(language: str, needs: frozenset[str] = frozenset()) -> list[str]:
    """The models that fit, group by group; in each those that are here first, and of the page's language first."""
    entries = sorted(
        models.offered(needs),
        key=lambda e: (GROUPS.index(group_of(e)), not models.is_here(e), language not in e.languages),
    )
    return [entry.name for entry in entries]


def first_model(language: str) -> str:
    """What a page opens with: a real model of its language that is installed, unless the host wants a bundled one.

    What merely lies in the Hub's cache does not count: other programs put models there, too.
    """
    if hosting.FIRST.read() == "real":
        for entry in models.offered(STRIP, language):
            if models.is_installed(entry):
                return entry.name
    return default_model(language)


def default_model(language: str, needs: frozenset[str] = STRIP) -> str:
    """The bundled model that fits, of the page's language where there is one; "" where none fits at all."""
    bundled = [entry for entry in models.offered(needs) if entry.hub is None]
    own = [entry for entry in bundled if language in entry.languages]
    return next((entry.name for entry in own + bundled), "")


def instead(chosen: str, needs: frozenset[str], language: str) -> tuple[str, str] | None:
    """The model that answers where the chosen one cannot, and what that one lacks; None where it can, or is unknown.

    It speaks the chosen one's language; where that has none or several, the page's.
    """
    entry = next((entry for entry in models.offered() if entry.name == chosen), None)
    if entry is None or needs <= entry.can:
        return None
    spoken = entry.languages[0] if len(entry.languages) == 1 else language
    other = default_model(spoken, needs)
    lacking = next((ability for ability in ABILITIES if ability in needs - entry.can), "")
    if lacking in WORDS and entry.can == BARE:
        lacking = "head"
    return (other, lacking) if other else None


def model_json(control: Model, language: str) -> dict[str, object]:
    """What a page knows of a Model control: the models that fit, and what answers in place of each that does not."""
    others = {name: instead(name, control.needs, language) for name in model_names(language)}
    return {
        "options": model_names(language, control.needs),
        "default": default_model(language, control.needs) if control.shared else "",
        "shared": control.shared,
        "instead": {name: list(other) for name, other in others.items() if other},
    }


def report_host(whole: bool = False) -> None:
    """Writes one line to the terminal where the host's own folder cannot be offered.

    whole: after its model was read, which takes longer than a look at its files; that is done, too, where the files do
    not tell what the model can do. One more line says so where a GGUF file has to be converted for that.
    """
    entry = models.host_entry()
    waiting = models.host_conversion() if entry and whole else None
    if waiting:
        logging.getLogger(__name__).warning("GLASSBOX_FOLDER: %s", refusal_text(waiting, LANGUAGES[0]))
    refusal = models.settle_host() if entry and (whole or not entry.can) else models.host_refusal()
    if refusal:
        logging.getLogger(__name__).warning("GLASSBOX_FOLDER: %s", refusal_text(refusal, LANGUAGES[0]))
