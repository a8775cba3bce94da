"""Looks into worksheet XML where the parser says too little.

Runs in the child alone, after the container was walked and every DOCTYPE and entity refused.
"""

import re
import zipfile
from xml.etree.ElementTree import iterparse

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)$")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def worksheet_part(path, title: str) -> str:
    """The name of the part that holds the sheet called `title`, "" where the relations do not say."""
    with zipfile.ZipFile(path) as archive:
        relation = ""
        with archive.open("xl/workbook.xml") as stream:
            for _, element in iterparse(stream):  # noqa: S314
                if _local(element.tag) == "sheet" and element.get("name") == title:
                    relation = next((value for key, value in element.attrib.items() if _local(key) == "id"), "")
        try:
            stream = archive.open("xl/_rels/workbook.xml.rels")
        except KeyError:
            return ""
        with stream:
            for _, element in iterparse(stream):  # noqa: S314
                if element.get("Id") == relation:
                    target = element.get("Target", "").lstrip("/")
                    return target if target.startswith("xl/") else f"xl/{target}"
    return ""


def troubled_cells(path, part: str):
    """(row, column, "error" | "formula", text), counted from 0, of error values and formulas without a value."""
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        for _, element in iterparse(stream):  # noqa: S314
            name = _local(element.tag)
            if name == "row":
                element.clear()
            if name != "c":
                continue
            children = {_local(child.tag): child.text or "" for child in element}
            place = _REFERENCE.match(element.get("r", ""))
            if place is None:
                continue
            row, column = int(place.group(2)) - 1, column_number(place.group(1))
            if element.get("t") == "e":
                yield row, column, "error", children.get("v", "")
            elif "f" in children and not children.get("v") and element.get("t") != "str":
                yield row, column, "formula", children["f"][:40]


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
