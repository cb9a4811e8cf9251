"""The README's two lines unpack what the endpoints answer with."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from explainers.shell.pack import pack
from tests.laws.tree import read


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
def test_the_recipe_unpacks_an_array(dtype: str) -> None:
    recipe = re.search(r"^import base64.*?(?=^```)", read("README.md"), re.MULTILINE | re.DOTALL)
    assert recipe and len(recipe[0].splitlines()) == 2
    array = np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1).astype(dtype)  # not in C order
    names = {"p": json.loads(json.dumps(pack(array)))}
    exec(recipe[0], names)
    np.testing.assert_array_equal(names["a"], array, strict=True)
