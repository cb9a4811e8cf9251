"""What fetches and reads a model talks: bars, warnings. Here it is silent, and afterwards as loud as it was before."""

from __future__ import annotations

from contextlib import ExitStack

import huggingface_hub.utils as hub
import transformers.utils.logging as transformers

from .isolation import Shared


def hush(back: ExitStack) -> None:
    """Silences both libraries, and leaves in a stack what puts their noise back."""
    back.callback(hub.logging.set_verbosity, hub.logging.get_verbosity())
    back.callback(transformers.set_verbosity, transformers.get_verbosity())
    if hub.are_progress_bars_disabled():
        back.callback(hub.disable_progress_bars)
    else:
        back.callback(hub.enable_progress_bars)
    if transformers.is_progress_bar_enabled():  # called first: it moves the hub's, too
        back.callback(transformers.enable_progress_bar)
    transformers.disable_progress_bar()
    transformers.set_verbosity_error()
    hub.logging.set_verbosity_error()


quiet = Shared(hush)
