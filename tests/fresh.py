"""Fresh Python processes for little: each is forked from one that has imported what of torch takes long, no more."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import glassbox

# It imports what a model wants in the end, as far as no setting of ours or of the Hub's is read on the way.
NURSERY = """
import json, os, sys, traceback
import scipy.optimize, torch, torch._dynamo, torch.distributed.tensor

def become(asked):
    for number, name in enumerate((os.devnull, asked["out"], asked["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["-c", *asked["arguments"]]
    try:
        exec(compile(asked["code"], "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

assert not {"transformers", "huggingface_hub", "models"} & set(sys.modules)
for line in sys.stdin:
    child = os.fork()
    if not child:
        status = become(json.loads(line))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@cache
def nursery() -> subprocess.Popen[str]:
    """The process that the others are forked from; it ends with this one."""
    command = [sys.executable, "-c", NURSERY]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=glassbox.ROOT)
    atexit.register(process.communicate)
    return process


def run(code: str, *arguments: str, env: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    """What `python -c CODE ARGUMENTS…` prints in the repository's folder, in a process that has imported no model."""
    if not hasattr(os, "fork"):
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, cwd=glassbox.ROOT, check=False)
    process = nursery()
    assert process.stdin and process.stdout
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        asked = {"code": code, "arguments": arguments, "environment": dict(env), "out": str(out), "err": str(err)}
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        status = int(process.stdout.readline())
        return subprocess.CompletedProcess([code, *arguments], status, *(p.read_text("utf-8") for p in (out, err)))
