"""How an array travels: compressed to programs, as it is to a page, which may have nothing that unpacks it."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest

from explainers.shell.pack import to_json


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool"])
def test_a_page_gets_plain_bytes_and_a_program_compressed_ones(dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    told = {"dtype": dtype, "shape": [3, 4]}
    page = to_json({"a": [array]}, page=True)["a"][0]
    assert page == told | {"bytes": base64.b64encode(array.tobytes()).decode()}
    program = to_json({"a": [array]})["a"][0]
    assert gzip.decompress(base64.b64decode(program.pop("data"))) == array.tobytes() and program == told
