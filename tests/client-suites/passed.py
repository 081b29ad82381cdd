"""Prints the names of the tests that passed in every one of their runs, sorted: passed.py SUITE RESULTS."""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def of_surefire(directory):
    for report in pathlib.Path(directory).glob("TEST-*.xml"):
        for case in ET.parse(report).getroot().iter("testcase"):
            is_passed = all(case.find(kind) is None for kind in ("failure", "error", "skipped"))
            yield f"{case.get('classname')} {case.get('name')}", is_passed


def of_mocha(file):
    results = json.loads(pathlib.Path(file).read_text())
    for kind in ("passes", "failures"):
        for case in results[kind]:
            yield case["fullTitle"], kind == "passes"


def stable(name):
    """Without addresses of objects and random ids, which differ from run to run."""
    name = re.sub(r"@[0-9a-f]{4,8}\b", "", name)
    name = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "ID", name)
    return re.sub(r"\s+", " ", name)


suite, results = sys.argv[1:]
read = {"glide": of_surefire, "node-redis": of_mocha}[suite]
outcomes = {}
for name, is_passed in read(results):
    name = stable(name)
    outcomes[name] = outcomes.get(name, True) and is_passed
for name in sorted(name.encode() for name, is_passed in outcomes.items() if is_passed):
    sys.stdout.buffer.write(name + b"\n")
