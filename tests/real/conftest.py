"""Real models for tests: those that `--with` names, each already fetched; without it nothing here is collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from models import real
from models.entry import Entry
from tests.browsing import App, running_app
from tests.conftest import REAL_STORE
from tests.real.plain import Real

PICTURES = Path("runs") / "real"
PATIENCE = 120_000  # ms for an answer: a large model on a busy machine


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if config.getoption("real") else True


def find(config: pytest.Config) -> list[Entry]:
    """The entries that were named; UsageError where one is unknown, or not on this machine."""
    names = dict.fromkeys(config.getoption("real"))
    found = [entry for name in names if (entry := real.find(name)) is not None]
    absent = [name for name in names if name not in {entry.name for entry in found if folder_of(entry).is_dir()}]
    if absent:
        raise pytest.UsageError(f"not on this machine: {', '.join(absent)}; python3 glassbox.py add {absent[0]}")
    return found


def folder_of(entry: Entry) -> Path:
    return REAL_STORE / entry.key


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`entry` is each of the models in turn, or each of those that continue a text where a test takes `writer`."""
    if "entry" in metafunc.fixturenames:
        wanted = frozenset({"causal"} if "writer" in metafunc.fixturenames else ())
        fitting = [entry for entry in find(metafunc.config) if wanted <= entry.can]
        metafunc.parametrize("entry", fitting, ids=lambda entry: entry.name, scope="session")


def name_of(item: pytest.Item) -> str:
    """Which model a test is of; "" where none that was named fits it."""
    entry = item.callspec.params.get("entry") if isinstance(item, pytest.Function) else None
    return entry.name if isinstance(entry, Entry) else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All tests of one model stand together; those of writers are left out where no model named is one."""
    own = [item for item in items if item.get_closest_marker("real")]
    config.hook.pytest_deselected(items=[item for item in own if not name_of(item)])
    fitting = sorted(filter(name_of, own), key=lambda item: config.getoption("real").index(name_of(item)))
    items[:] = [item for item in items if item not in own] + fitting


@pytest.fixture(scope="session")
def writer(entry: Entry) -> Entry:
    """A model that continues a text."""
    return entry


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[App]:
    """The app with the real models that were named, and with the network cut."""
    names = " ".join(entry.name for entry in find(pytestconfig))
    settings = {"GLASSBOX_WITH": names, "GLASSBOX_STORE": str(REAL_STORE), "GLASSBOX_FIRST": "bundled"}
    with running_app(tmp_path_factory.mktemp("real"), "-m", "tests.real.cut", **settings) as app:
        yield app


@pytest.fixture(scope="session")
def plain(entry: Entry) -> Iterator[Real]:
    """The model by transformers alone."""
    found = Real(folder_of(entry))
    yield found
    found.close()


@pytest.fixture
def visit(visit: Callable[..., Page]) -> Callable[..., Page]:
    """As everywhere, with more patience."""

    def go(*given: Any, **named: Any) -> Page:
        page = visit(*given, **named)
        page.set_default_timeout(PATIENCE)
        return page

    return go


@pytest.fixture(scope="session")
def pictures(pytestconfig: pytest.Config) -> Path:
    """Where screenshots go."""
    folder = Path(pytestconfig.getoption("pictures") or pytestconfig.rootpath / PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
