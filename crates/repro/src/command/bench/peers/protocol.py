"""What all peers of `bench engine` share: one case a line on stdin as JSON, its answers as JSON on stdout.

A peer names a class: made of a case, with `call()` that computes once and returns the loss and the gradients' norm
if asked. A case it cannot compute raises `NotComputed`.
"""

import array
import json
import sys
import time


class NotComputed(Exception):
    pass


def read(path):
    values = array.array("f")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def say(answer):
    print(json.dumps(answer), flush=True)


def serve(version, case_type):
    say({"version": version})
    case = None
    for line in sys.stdin:
        request = json.loads(line)
        if "folder" in request:
            case = None
            try:
                case = case_type(request)
                loss, norm = case.answer()
                say({"loss": loss, "norm": norm})
            except NotComputed as reason:
                say({"not_computed": str(reason)})
            continue
        times, begin = [], time.perf_counter()
        while len(times) < request["calls"] or time.perf_counter() - begin < request["seconds"]:
            call = time.perf_counter()
            case.call()
            times.append(time.perf_counter() - call)
        say({"seconds": times})
