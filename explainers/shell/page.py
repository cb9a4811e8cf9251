"""One page, in one language: the sentence, the strip, and a panel for each explainer. All wiring is here, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

import models

from .. import ALL
from ..contract import Choice, Control, Explainer, Model, Number, Toggle
from ..words import Words, words_for
from . import markup, runs
from .answer import answer
from .api import LINE
from .boot import FOLDS
from .offer import first_model, model_names

FORMULAS = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def page(language: str) -> None:
    """Builds the page inside the current Blocks: one flow of events, the same for every explainer."""
    words = words_for("shell", language)
    fixed(markup.header(language), elem_id="gb-header")
    with gr.Row(elem_id="gb-ask"):
        first = words_for(ALL[0].name, language).raw("examples")[0]["text"]
        sentence = gr.Textbox(first, label=words("sentence"), lines=1, max_lines=4, elem_id="gb-sentence", scale=4)
        picker = gr.Dropdown(
            model_names(language),
            value=first_model(language),
            label=words("model"),
            allow_custom_value=models.policy() == "any",
            elem_id="gb-model",
            scale=1,
            min_width=160,
        )
        switch = gr.Checkbox(False, label=words("special_tokens"), elem_id="gb-special", scale=0, min_width=120)
    strip = blank("gb-strip", "glassbox.strip(element, watch, props)")
    fixed(markup.navigation(language), elem_id="gb-nav")
    whole = blank("gb-page", "glassbox.page(element, trigger) /* 'assign' */")
    whole.assign(fn=None, js="() => glassbox.assigned()", outputs=[sentence, picker, switch], **QUIET)
    sentence.change(fn=None, js="(v) => { globalThis.glassbox?.typed(v) }", inputs=[sentence], **QUIET)
    sentence.submit(fn=None, js="(v) => { globalThis.glassbox?.entered(v) }", inputs=[sentence], **QUIET)
    picker.change(fn=None, js="(v) => { globalThis.glassbox?.changed(null, 'model', v) }", inputs=[picker], **QUIET)
    script = "(v) => { globalThis.glassbox?.changed(null, 'special_tokens', v) }"
    switch.change(fn=None, js=script, inputs=[switch], **QUIET)
    for explainer in ALL:
        with gr.Column(elem_id=f"panel-{explainer.name}", elem_classes="gb-panel"):
            panel(explainer, language, strip)
    with gr.Column(elem_id="panel-about", elem_classes="gb-panel"):
        about(language)


QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}


def blank(elem_id: str, script: str) -> gr.HTML:
    """An element that a script of ours draws; its own value never reaches its markup.

    gradio lets an element trigger the events whose names stand in quotes in its script, be it in a comment. It loads
    what is in the page's head without waiting for it, so each element waits for our scripts itself.
    """
    patient = f"(function start() {{ if (!globalThis.glassbox) return setTimeout(start, 5); {script} }})()"
    return gr.HTML("", html_template="<div></div>", js_on_load=patient, elem_id=elem_id, apply_default_css=False)


def fixed(markup_: str, **places: str) -> gr.HTML:
    """Markup of ours that no answer changes, in our own style."""
    return gr.HTML(markup_, js_on_load=None, apply_default_css=False, **places)


def panel(explainer: Explainer, language: str, strip: gr.HTML) -> None:
    """An explainer's question, controls, pictures and folds."""
    name, words = explainer.name, words_for(explainer.name, language)
    fixed(markup.heading(explainer, language), elem_classes="gb-heading")
    shown = [c for c in explainer.controls if c.name != "model" and not c.inside]
    with gr.Row(elem_classes="gb-controls", visible=bool(shown)):
        widgets = [widget(control, words, language) for control in shown]
    request = gr.Textbox(visible="hidden", elem_classes="gb-hidden", container=False, show_label=False)
    events = "'run' 'assign' 'begin'" if explainer.run else "'run' 'assign'"
    stage = blank(f"stage-{name}", f"glassbox.stage(element, trigger, watch, props, '{name}') /* {events} */")
    for control, box in zip(shown, widgets, strict=True):
        script = f"(v) => {{ globalThis.glassbox?.changed('{name}', '{control.name}', v) }}"
        box.change(fn=None, js=script, inputs=[box], **QUIET)
    stage.assign(fn=None, js=f"() => glassbox.assigned('{name}')", outputs=widgets, **QUIET)
    stage.run(
        handler(explainer, language),
        js=f"() => [glassbox.request('{name}')]",
        inputs=[request],
        outputs=[stage, strip],
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
        **LINE,
    )
    if explainer.run:
        stage.begin(
            beginner(explainer, language),
            js=f"() => [glassbox.request('{name}')]",
            inputs=[request],
            outputs=[stage],
            show_progress="hidden",
            api_visibility="private",
            trigger_mode="multiple",
            concurrency_id="runs",
            concurrency_limit=None,  # runs.py refuses what is too much, in a sentence
        )
    for fold in FOLDS:
        title = words_for("shell", language)(f"folds.{fold}")
        with gr.Accordion(title, open=False, elem_id=f"fold-{name}-{fold}", elem_classes="gb-fold"):
            gr.Markdown(words(fold), latex_delimiters=FORMULAS)


def handler(explainer: Explainer, language: str) -> Callable[[str], Iterator[Any]]:
    """The one event of a panel: a request in, answers out, the strip along with the last of them."""

    def handle(body: str) -> Iterator[Any]:
        for stage, strip in answer(explainer, body, language):
            yield stage, gr.skip() if strip is None else strip

    return handle


def beginner(explainer: Explainer, language: str) -> Callable[..., Iterator[str]]:
    """The event that starts a run and streams it, to the page whose session it is."""

    def handle(body: str, request: gr.Request) -> Iterator[str]:
        yield from runs.stream(explainer, body, language, str(request.session_hash))

    return handle


def widget(control: Control, words: Words, language: str) -> Any:
    """The gradio component that moves a control; what it does stands under its pointer, to keep the row low."""
    common: dict[str, Any] = {
        "label": words(f"controls.{control.name}.label"),
        "elem_classes": f"gb-control-{control.name}",
        "min_width": 150,
    }
    if isinstance(control, Model):
        fitting = (words_for("shell", language)("fitting"), "")
        names = [fitting, *((name, name) for name in model_names(language, control.needs))]
        return gr.Dropdown(names, value="", allow_custom_value=models.policy() == "any", **common)
    if isinstance(control, Choice):
        labels = [(words(f"controls.{control.name}.options.{option}"), option) for option in control.options]
        return gr.Radio(labels, value=control.default, **common)
    if isinstance(control, Toggle):
        return gr.Checkbox(control.default, **common)
    assert isinstance(control, Number)
    if (control.high - control.low) / control.step > 1000:
        step = control.step if control.whole else None
        return gr.Number(control.default, minimum=control.low, maximum=control.high, step=step or 1, **common)
    return gr.Slider(control.low, control.high, control.default, step=control.step, **common)


def about(language: str) -> None:
    """What this is, the models here, the texts, the limits, and what is kept of a sentence: nothing."""
    words = words_for("about", language)
    fixed(f"<h2>{markup.escape(words('title'))}</h2>")
    gr.Markdown(words("lead"))
    fixed(markup.models_table(language), elem_classes="gb-models")
    for section in words.raw("sections"):
        gr.Markdown(f"### {section['title']}\n\n{section['text']}")
