"""The page's fixed markup: header, navigation, headings, the table of models. Every word comes from the words files."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any

import models

from .. import ALL
from ..contract import Explainer
from ..figures import percent
from ..words import LANGUAGES, Words, words_for
from .offer import group_of

ACTS = ("copy", "projector", "reset")
KINDS = ("causal", "masked", "recurrent", "seq2seq")  # what the table of models says that a model can do

__all__ = ["escape", "header", "heading", "models_table", "navigation"]


def button(act: str, text: str, title: str) -> str:
    """A button that the page's scripts know by what it does."""
    return f'<button type="button" class="gb-button" data-act="{act}" title="{escape(title)}">{escape(text)}</button>'


def header(language: str) -> str:
    """The name, what it is, the languages, and the page's own buttons."""
    words = words_for("shell", language)
    links = "".join(
        f'<a class="gb-language" data-language="{code}" href="./{"" if code == LANGUAGES[0] else code}" lang="{code}"'
        f"{' aria-current=true' if code == language else ''}>{escape(words_for('shell', code)('name'))}</a>"
        for code in LANGUAGES
    )
    acts = "".join(button(act, words(f"acts.{act}"), words(f"acts.{act}_hint")) for act in ACTS)
    return (
        f'<header class="gb-top"><h1>Glassbox</h1><p class="gb-tagline">{escape(words("tagline"))}</p>'
        f'<div class="gb-acts">{acts}'
        f'<nav class="gb-languages" aria-label="{escape(words("languages"))}">{links}</nav></div>'
        f'</header><div id="gb-note" role="status" aria-live="polite"></div>'
    )


def navigation(language: str) -> str:
    """Chapters, and within each its explainers; About at the end."""
    words = words_for("shell", language)
    parts = []
    for chapter, members in groupby(ALL, key=lambda explainer: explainer.chapter):
        links = "".join(tab_link(e.name, words_for(e.name, language)("title")) for e in members)
        title = escape(words(f"chapters.{chapter}"))
        parts.append(f'<div class="gb-chapter"><span class="gb-chapter-name">{title}</span>{links}</div>')
    last = tab_link("about", words_for("about", language)("title"))
    parts.append(f'<div class="gb-chapter gb-chapter-last">{last}</div>')
    return f'<nav class="gb-tabs" aria-label="{escape(words("tabs"))}">{"".join(parts)}</nav>'


def tab_link(name: str, title: str) -> str:
    """A link to a tab."""
    return f'<a class="gb-tab" data-tab="{name}" href="#tab={name}">{escape(title)}</a>'


def notes(example: dict[str, Any], shell: Words) -> str:
    """What is said of an example; where that holds of small models alone, what is said of large ones, too."""
    note = escape((shell("fails") + ": " if example.get("fails") else "") + example["note"])
    if "large" not in example:
        return f'<span translate="yes">{note}</span>'
    said = (("gb-of-small", note), ("gb-of-large", escape(example["large"])))
    return "".join(f'<span class="{of}" translate="yes">{text}</span>' for of, text in said)


def heading(explainer: Explainer, language: str) -> str:
    """The question in plain words, what to do first, and sentences to start from."""
    words, shell = words_for(explainer.name, language), words_for("shell", language)
    chips = "".join(
        f'<button type="button" class="gb-example{" gb-fails" if example.get("fails") else ""}'
        f'{" gb-otherwise" if "large" in example else ""}" '
        f'data-act="example" data-explainer="{explainer.name}" data-index="{index}" title="{escape(example["text"])}" '
        f'translate="no">{notes(example, shell)}</button>'  # the sentence stays as it is, what is said of it need not
        for index, example in enumerate(words.raw("examples"))
    )
    return (
        f'<div class="gb-head"><h2>{escape(words("question"))}</h2>'
        f'<p class="gb-lead">{escape(words("lead"))}</p></div>'
        f'<div class="gb-examples" role="group" aria-label="{escape(shell("examples"))}">'
        f'<span class="gb-examples-name" aria-hidden="true">{escape(shell("examples"))}</span>{chips}</div>'
    )


def size(bytes_: int) -> str:
    """A size in bytes as people write it."""
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.0f} MB"


def models_table(language: str) -> str:
    """The models on offer: kind, languages, parameters, size, licence, and whether they are here."""
    words = words_for("about", language)
    columns = ("name", "kind", "languages", "parameters", "size", "licence", "status")
    head = "".join(f'<th scope="col">{escape(words(f"models.columns.{c}"))}</th>' for c in columns)
    rows = []
    for entry in models.offered(frozenset()):
        cells = (
            entry.name,
            ", ".join(words(f"models.kinds.{kind}") for kind in KINDS if kind in entry.can),
            ", ".join(words(f"models.languages.{code}") for code in entry.languages),
            f"{entry.parameters:,}",
            size(entry.bytes),
            entry.licence,
            words(f"models.status.{status(entry)}"),
        )
        name, *others = (f">{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr><td translate="no"{name}' + "".join(f"<td{cell}" for cell in others) + "</tr>")
    caption = escape(words("models.title"))
    body, notes = "".join(rows), "".join(f"<p>{escape(note)}</p>" for note in stored_notes(language))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def status(entry: models.Entry) -> str:
    """Where a model is: bundled, this host's own, or a real one that is installed or can be fetched."""
    group = group_of(entry)
    return group if group != "real" else "installed" if models.is_here(entry) else "fetchable"


def stored_notes(language: str) -> list[str]:
    """A sentence for each model on offer that comes from a GGUF file: what of it was quantised, and how."""
    words = words_for("about", language)
    found = [(entry.name, models.stored(entry.name)) for entry in models.offered() if models.is_here(entry)]
    return [
        words(
            "models.stored",
            model=name,
            bits=f"{stored.bits:.1f}",
            kinds=", ".join(words("models.part", kind=kind.name, share=percent(kind.share)) for kind in stored.kinds),
        )
        for name, stored in found
        if stored
    ]
