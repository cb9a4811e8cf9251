"""One model of the Hugging Face Hub, fetched for a program that goes on meanwhile: `python -m models.hub_fetch NAME`.

It says how far it is as lines of JSON, as `python -m models.terminal add --lines` does.
"""

from __future__ import annotations

import sys
from threading import Event, Thread

from huggingface_hub.utils import disable_progress_bars

from . import hub, hub_cache, lines
from .refusal import Refusal

OFTEN = 0.5  # seconds between two lines


def tell(name: str, over: Event) -> None:
    """Says how many bytes have come, again and again until it is over."""
    most = 0  # what has come goes on having come
    while not over.wait(OFTEN):
        most = max(most, hub_cache.arrived(name))
        lines.tell({"stage": "download", "done": most})


def main(name: str) -> int:
    """0 when the model is here."""
    lines.yield_to_others()
    disable_progress_bars()  # whoever asked draws one
    over = Event()
    teller = Thread(target=tell, args=(name, over))
    teller.start()
    refusal = None
    try:
        hub.fetch(name)
    except Refusal as caught:
        refusal = caught
    finally:
        over.set()
        teller.join()
    if refusal:
        lines.tell_refusal(refusal)
    return 1 if refusal else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
