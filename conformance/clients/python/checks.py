# Runs checks one after the other and prints a line for each, `ok NAME` or `not ok NAME: why`, and at the end how many there were. Later
# checks may build on what earlier ones stored; one that fails does not stop the others.

import os
import sys
import traceback

ENDPOINT = os.environ["CONFORMANCE_ENDPOINT"]
KEY_ID = os.environ["CONFORMANCE_KEY_ID"]
KEY_SECRET = os.environ["CONFORMANCE_KEY_SECRET"]
REGION = "cn-hangzhou"


class Checks:
    def __init__(self):
        self._counts = {"ok": 0, "not ok": 0}

    def check(self, name):
        """A decorator: runs the function at once, and says how it went."""

        def run(function):
            try:
                function()
                self._report("ok", name)
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[1:2]
                line = f" (line {place[0].lineno})" if place else ""
                text = " ".join(str(error).split()) or type(error).__name__
                self._report("not ok", f"{name}: {text[:400]}{line}")
            return function

        return run

    def _report(self, kind, text):
        self._counts[kind] += 1
        print(f"{kind} {text}", flush=True)

    def finish(self):
        passed, failed = self._counts["ok"], self._counts["not ok"]
        print(f"{passed} passed, {failed} failed")
        sys.exit(1 if failed or not passed else 0)


def equal(found, expected, what="value"):
    assert found == expected, f"{what} is {found!r}, expected {expected!r}"


def refused(code, function, read_code):
    """That the call is refused with this code."""
    try:
        function()
    except Exception as error:
        equal(read_code(error), code, "the error's code")
        return error
    raise AssertionError(f"expected {code}, but it went through")
