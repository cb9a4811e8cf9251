"""Sets Glassbox up and runs it; needs nothing but Python 3.11 or newer.

    python3 glassbox.py run                     start the app
    python3 glassbox.py run --with NAME…        the same with real models, fetched first where they are not here
    python3 glassbox.py add NAME…               only fetch real models (--yes: without asking)
    python3 glassbox.py list                    the real models that can be had, and which are here
    python3 glassbox.py remove NAME…            take real models off this machine
    python3 glassbox.py test                    every check and the tests (arguments are passed on to pytest)
    python3 glassbox.py test --all              and the slow tests: training to its end, long walks through the page
    python3 glassbox.py test --with NAME…       and those on real models, fetched first: every page, both languages
    python3 glassbox.py families                compare every architecture of transformers with a plain pass (minutes)
    python3 glassbox.py setup                   only install what the app needs
    python3 glassbox.py check                   ruff and mypy
    python3 glassbox.py fix                     let ruff format and mend what it can
    python3 glassbox.py weights --texts FOLDER  train the bundled models again
    python3 glassbox.py evaluate --texts FOLDER print one table of what the bundled models can do
    python3 glassbox.py evaluate MODEL…         what any models can do on typed texts, beside the bundled ones
    python3 glassbox.py catalogue               check the catalogue of models against the Hugging Face Hub
    python3 glassbox.py pictures [FOLDER]       take the README's screenshots (with FOLDER: all of them, into it)

The first time, packages go into .venv beside this file. A stamp with the hash of each requirements file, and with the
Python that they were installed for, is left there, so the second time needs no network and starts at once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

APP = "requirements.txt"
TESTS = "tests/requirements.txt"
TRAIN = "models/recipes/requirements.txt"

CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))

FIRST = "runs/first"  # where first runs lie, from which second ones go on: of a pair each learns what both guess
PAIRS = (("stories-gpt", "stories-lstm"), ("ko-gpt", "ko-lstm"))
BERTS = ("stories-bert", "ko-bert")
RECIPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    *(("causal", name, ("--out", f"{FIRST}/{name}")) for pair in PAIRS for name in pair),
    *(
        (
            "causal",
            name,
            ("--tokens", "1e7", "--begin", f"{FIRST}/{name}", "--teachers", *(f"{FIRST}/{n}" for n in pair)),
        )
        for pair in PAIRS
        for name in pair
    ),
    *(("masked", name, ("--out", f"{FIRST}/{name}")) for name in BERTS),
    *(("masked", name, ("--tokens", "5e6", "--begin", f"{FIRST}/{name}")) for name in BERTS),
    ("seq2seq", "en-ko-t5", ("--out", f"{FIRST}/en-ko-t5")),
    ("seq2seq", "en-ko-t5", ("--tokens", "1e7", "--begin", f"{FIRST}/en-ko-t5")),
    ("early", "stories-twin", ()),
    ("encoder", "en-encoder", ()),
    ("encoder", "ko-encoder", ()),
    ("vectors", "en-words", ()),
    ("vectors", "ko-words", ()),
)

# glibc hands big blocks back to the kernel after each step and faults them in again at the next (measured in LOG.md).
TRAINING = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "34359738368",
    "MALLOC_TOP_PAD_": "268435456",
}

# They would send packages elsewhere than into .venv, or keep Python from finding what lies beside a script.
ASTRAY: tuple[str, ...] = (
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN", "PIP_NO_DEPS"),
    *("PYTHONSAFEPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__"),
)

WHICH = "import platform, sys; print(sys.implementation.cache_tag, platform.machine(), sys.base_prefix)"
LACKING = r"""
import importlib.metadata, re, sys
for line in open(sys.argv[1], encoding="utf-8"):
    name = re.match(r"[\w.-]+", line)
    if name:
        importlib.metadata.version(name[0])
"""
HAS_PIP = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"

# Of two runs of tests side by side each takes about as long: the one has the tests in Chromium without those of the
# tests' own app, and these besides; the other has all the rest.
BESIDE = ("tests/test_notebook.py", "tests/test_security.py", "tests/test_strangers.py")
TOGETHER = tuple(f"tests/browser/test_{name}.py" for name in ("kinds", "run", "steps", "tokenizers"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
PLAYWRIGHTS_OWN = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
READ_ONLY = "run it once where it can be, or install requirements.txt for this Python and start app.py."
NO_BROWSER = (
    "No Chromium for the browser tests was found and none could be installed: install Chromium or Google Chrome so "
    "that `chromium` or `google-chrome` is on the PATH, then run this again."
)


def call(*command: str | Path, **more: str) -> int:
    """Runs a command in the repository with `more` added to its environment; returns its exit status."""
    sys.stdout.flush()
    try:
        return subprocess.call([str(part) for part in command], cwd=ROOT, env={**os.environ, **more})
    except KeyboardInterrupt:
        return 130


def module(*command: str, **more: str) -> int:
    """Runs a module of .venv, as `python -m` does."""
    print("+", *command, flush=True)
    return call(PYTHON, "-m", *command, **more)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stamped(path: Path, content: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == content


def which_python() -> str:
    """Version, machine and place of .venv's Python; "" where it does not run, such as after its removal."""
    try:
        asked = subprocess.run([str(PYTHON), "-I", "-c", WHICH], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return asked.stdout.strip()


def make_venv(stamps: Iterable[Path]) -> None:
    """Creates .venv, completes one whose making was interrupted, makes one anew whose Python is another by now."""
    python = which_python()
    made_for = {path.read_text(encoding="utf-8").partition("\n")[2] for path in stamps if path.exists()} - {""}
    same = bool(python) and made_for <= {python}
    if same and call(PYTHON, "-c", HAS_PIP) == 0:
        return
    if not can_write():
        sys.exit(f"{ROOT} cannot be written, so .venv with what Glassbox needs cannot be made there: {READ_ONLY}")
    if call(sys.executable, "-m", "venv", *(() if same else ("--clear",)), VENV):
        sys.exit("This Python cannot make a virtual environment; on Debian or Ubuntu: apt-get install python3-venv")


def lacks(requirements: Path) -> bool:
    """Whether something that a requirements file names is not in .venv."""
    command = [str(PYTHON), "-I", "-c", LACKING, str(requirements)]
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def can_write() -> bool:
    """Whether .venv can be made or changed."""
    try:
        with tempfile.TemporaryFile(dir=VENV if VENV.is_dir() else ROOT):
            return True
    except OSError:
        return False


def hint_at_cpu_build() -> None:
    """Before gigabytes are fetched for a GPU that is not there, says how not to."""
    chosen = any(name in os.environ for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"))
    if platform.system() == "Linux" and not chosen and not shutil.which("nvidia-smi"):
        print("No NVIDIA driver here; the README says how to take PyTorch's smaller CPU build.", flush=True)


def ensure(*files: str) -> None:
    """Makes .venv hold what these requirements files ask for; touches no network when the stamps say it does."""
    stamps = {VENV / f"{name.replace('/', '-')}.stamp": digest(ROOT / name) for name in files}
    python = which_python()
    if python and all(stamped(path, f"{content}\n{python}") for path, content in stamps.items()):
        return
    print("Installing what Glassbox needs into .venv; this takes a few minutes, once.", flush=True)
    make_venv(stamps)
    hint_at_cpu_build()
    asked = [part for name in files for part in ("--requirement", str(ROOT / name))]
    quietly = ("--quiet", "--no-input", "--disable-pip-version-check")
    # Python compiles what it imports; to compile all 17,000 files here takes longer than the rest
    if call(PYTHON, "-m", "pip", "install", "--no-compile", *quietly, *asked):
        sys.exit(f"pip could not install {' and '.join(files)}; its lines above say why.")
    lacking = [
        name for name in files if subprocess.run([str(PYTHON), "-I", "-c", LACKING, str(ROOT / name)]).returncode
    ]
    if lacking:
        sys.exit(f"pip put {' and '.join(lacking)} elsewhere than into .venv; see `pip config list`.")
    for path, content in stamps.items():
        path.write_text(f"{content}\n{which_python()}", encoding="utf-8")


def system_browser() -> str | None:
    """Path of the system's Chromium or Chrome, or None."""
    on_path = (shutil.which(name) for name in BROWSERS)
    in_place = (file for file in BROWSER_FILES if Path(file).exists())
    return next((path for path in (*on_path, *in_place) if path), None)


def has_browser() -> bool:
    """Whether the system has a Chromium or Chrome, or the playwright in .venv one of its own."""
    if system_browser():
        return True
    asked = subprocess.run([str(PYTHON), "-c", PLAYWRIGHTS_OWN], capture_output=True, text=True, check=False)
    own = asked.stdout.strip()
    return bool(own) and Path(own).exists()


def on_debian_as_root() -> bool:
    """Whether apt-get may install Chromium here. Not on Ubuntu: its package is a stub that wants snap."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()


def ensure_browser() -> None:
    """Finds a Chromium, or installs one, or says how to and ends."""
    if has_browser():
        return
    if on_debian_as_root():
        call("apt-get", "update")
        call("apt-get", "install", "-y", "chromium", "fonts-noto-cjk", DEBIAN_FRONTEND="noninteractive")
    if not has_browser():
        module("playwright", "install", "chromium")
    if not has_browser():
        sys.exit(NO_BROWSER)


def setup(rest: list[str]) -> int:
    ensure(APP)
    return 0


def with_names(parser: argparse.ArgumentParser, rest: list[str]) -> tuple[list[str], argparse.Namespace, list[str]]:
    """(the names behind --with, what else the parser knows, all other arguments)."""
    parser.add_argument("--with", nargs="+", default=[], action="extend", metavar="NAME", dest="names")
    chosen, more = parser.parse_known_args(rest)
    return [name for given in chosen.names for name in given.replace(",", " ").split()], chosen, more


def run(rest: list[str]) -> int:
    """Starts the app; on POSIX in this very process, so that a signal sent to it reaches the app."""
    parser = argparse.ArgumentParser(prog="glassbox.py run", allow_abbrev=False)
    parser.add_argument("--yes", action="store_true", help="fetch what is not here without asking")
    names, chosen, more = with_names(parser, rest)
    ensure(APP)
    if names and (status := real("add", *names, *(("--yes",) if chosen.yes else ()))):
        return status
    if not names:
        print("Real models can be had, too: see `python3 glassbox.py list`, start with `run --with NAME`.", flush=True)
    command = [str(PYTHON), str(ROOT / "app.py"), *more]
    environment = dict(os.environ, GLASSBOX_WITH=" ".join(names)) if names else dict(os.environ)
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    try:
        return subprocess.call(command, env=environment)
    except KeyboardInterrupt:
        return 130


def real(*command: str) -> int:
    """Asks the module that fetches, lists and removes real models."""
    return call(PYTHON, "-m", "models.terminal", *command)


def add(rest: list[str]) -> int:
    ensure(APP)
    return real("add", *rest)


def list_(rest: list[str]) -> int:
    ensure(APP)
    return real("list", *rest)


def remove(rest: list[str]) -> int:
    ensure(APP)
    return real("remove", *rest)


def check(rest: list[str]) -> int:
    """All checks, even after one has failed; 0 only if all passed."""
    ensure(APP, TESTS, TRAIN)
    return int(any([module(*command) for command in CHECKS]))


def halves() -> tuple[list[str], list[str]]:
    """Arguments of pytest for two runs side by side: each test file is in one of them, and takes about as long."""
    names = (path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/browser/test_*.py"))
    alone = [f"--ignore={name}" for name in (*sorted(names), *BESIDE) if name not in TOGETHER]
    return ["tests/browser", *BESIDE, *(f"--ignore={name}" for name in TOGETHER)], alone


def apart(rest: list[str]) -> tuple[list[str], list[str]]:
    """(the names behind --with, all other arguments)."""
    parser = argparse.ArgumentParser(prog="glassbox.py test", allow_abbrev=False, add_help=False)
    names, _, more = with_names(parser, rest)
    return names, more


def test(rest: list[str]) -> int:
    """All checks and the tests, and after them those on real models that --with names.

    --all: the slow tests, too. With arguments for pytest it runs what they choose alone, and ends with 5, a failure, if
    that is nothing.
    """
    every = [part for part in rest if part == "--all"][:1]
    rest = [part for part in rest if part != "--all"]
    names, rest = apart(rest) if any(part.partition("=")[0] == "--with" for part in rest) else ([], rest)
    ensure(APP, TESTS, TRAIN)
    if "not browser" not in " ".join(rest):
        ensure_browser()
    if names and (status := real("add", "--yes", *names)):
        return status
    if names and rest:
        return check([]) | (module("tests.tier", *names, "--", *every, *rest) != 0)
    if rest:
        return check([]) | (module("pytest", "--durations", "20", *every, *rest) != 0)
    wrong = run_halves(every)
    if names:
        return wrong | (module("tests.tier", *names) != 0)
    print("No real model was tested; `test --with gemma-3-270m all-minilm-l6-v2` does that, too.", flush=True)
    return wrong


def run_halves(arguments: list[str]) -> int:
    """The one half of the tests beside the other, for each alone leaves half of two cores idle.

    arguments: of pytest, for both. What the one prints comes when the other is done.
    """
    first, second = halves()
    with tempfile.TemporaryFile() as said:
        command = [str(PYTHON), "-m", "pytest", "--durations", "20", *arguments, *first]
        beside = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            wrong = check([]) | (module("pytest", "--durations", "20", *arguments, *second) != 0)
            wrong |= beside.wait() != 0
        finally:
            beside.terminate()
        print("+ pytest tests/browser", flush=True)
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
        sys.stdout.flush()
    return wrong


def families(rest: list[str]) -> int:
    """What is too slow for each run of the tests: every architecture beside a plain pass, all that strangers send."""
    ensure(APP, TESTS)
    wrong = module("tests.architectures", *rest, GLASSBOX_CACHE_GB="0.001", HF_HUB_OFFLINE="1")
    return wrong | (module("pytest", "tests/test_strangers.py", STRANGERS="all") != 0)


def fix(rest: list[str]) -> int:
    ensure(APP, TESTS)
    return int(any([module("ruff", "check", "--fix", "."), module("ruff", "format", ".")]))


def weights(rest: list[str]) -> int:
    """Trains each bundled model, or those that are named; further arguments go to each run, as `--tokens 2e7`."""
    names = list(dict.fromkeys(name for _, name, _ in RECIPES))
    parser = argparse.ArgumentParser(prog="glassbox.py weights")
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    chosen, more = parser.parse_known_args(rest)
    ensure(APP, TRAIN)
    texts = str(chosen.texts.resolve())
    wanted = set(chosen.only or names)
    wanted |= {name for pair in PAIRS if wanted & set(pair) for name in pair}  # each needs the other's guesses
    for recipe, name, own in RECIPES:
        if name in wanted:
            status = module(f"models.recipes.{recipe}", name, "--texts", texts, *own, *more, **TRAINING)
            if status:
                return status  # what follows may need what has failed
    return module("models.recipes.projection")


def evaluate(rest: list[str]) -> int:
    """Prints what the bundled models can do, measured on the texts' held-out part, or what any others can."""
    ensure(APP, TRAIN)
    return module("models.recipes.evaluate", *(str(Path(p).resolve()) if Path(p).exists() else p for p in rest))


def catalogue(rest: list[str]) -> int:
    ensure(APP)
    return module("models.catalog", "--check", *rest)


def pictures(rest: list[str]) -> int:
    ensure(APP, TESTS)
    ensure_browser()
    return module("assets.pictures.make", *(str(Path(part).resolve()) for part in rest))


COMMANDS = {
    command.__name__.rstrip("_"): command
    for command in (
        *(run, add, list_, remove, test, families, setup, check, fix, weights, evaluate, catalogue, pictures),
    )
}


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 (an older one shall be told)
        sys.exit(f"Glassbox needs Python 3.11 or newer; this is {platform.python_version()}.")
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments and arguments[0] in ("-h", "--help", "help") else 2
    for name in ASTRAY:
        os.environ.pop(name, None)
    os.environ["PIP_USER"] = "0"  # whatever pip's own file says
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # process 1 of a container ignores what it does not handle
    return COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
