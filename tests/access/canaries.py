"""Canary values: every text and number planted in the world names the row it belongs to, and is found again
in whatever an answer carries: markup, JSON, headers, file names, workbooks, archives, GB18030 text, base64."""

import base64
import binascii
import html
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from urllib.parse import unquote

TEXT = re.compile("雀([0-9]{5})")
NUMBER = re.compile("[0-9]{11,20}")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_ZIP = b"PK\x03\x04"


@dataclass
class Aviary:
    """Which row every planted value belongs to."""

    owners: list = field(default_factory=list)
    numbers: dict = field(default_factory=dict)

    def adopt(self, owner) -> int:
        self.owners.append(owner)
        return len(self.owners) - 1

    def text(self, number: int, suffix: str = "") -> str:
        return f"雀{number:05d}{suffix}"

    def sealed(self, number: int, kind: str) -> str:
        """A number no real person has (region 629999), different for every row and kind."""
        value = {
            "id_number": f"62999919800101{number % 10000:04d}",
            "certificate": f"62999919800101{number % 10000:04d}44",
            "account": f"6217999{number:012d}",
            "phone": f"1990{number:07d}",
            "form": self.text(number, "表"),
        }[kind]
        self.numbers[value] = number
        return value

    def found_in(self, answer, body: bytes | None = None) -> tuple[set[int], set[str]]:
        """(owners whose texts occur, full numbers that occur) in an HTTP response; `body` where it was read."""
        owners, numbers = set(), set()
        for text in texts_of(answer, body):
            owners |= {int(each) for each in TEXT.findall(text)}
            for run in NUMBER.findall(text):
                numbers |= set(self._values_in(run))
        return {each for each in owners if each < len(self.owners)}, numbers

    def _values_in(self, run: str):
        for length in (11, 18, 19, 20):
            for start in range(len(run) - length + 1):
                if run[start : start + length] in self.numbers:
                    yield run[start : start + length]


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def texts_of(answer, body: bytes | None = None):
    """Every reading of an answer: its headers, and its body decoded in each way that could carry a text."""
    for name, value in answer.headers.items():
        yield f"{name}: {value}"
        yield unquote(value)
    for cookie in answer.cookies.values():
        yield unquote(cookie.value)
    yield from texts_in(body_of(answer) if body is None else body)


def texts_in(body: bytes, depth: int = 0):
    if body.startswith(_ZIP) and depth < 4:
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for member in archive.infolist():
                    yield member.filename
                    yield from texts_in(archive.read(member), depth + 1)
            return
        except (zipfile.BadZipFile, ValueError):
            # A text that only begins like an archive.
            pass
    text = body.decode("utf-8", "replace")
    yield text
    if "&" in text:
        yield html.unescape(text)
    if "\\u" in text:
        try:
            yield json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found.group(1), 16)), text)
    if "%E" in text:
        yield unquote(text)
    if "\ufffd" in text:
        yield body.decode("gb18030", "replace")
        yield body.decode("utf-16", "replace")
    if depth < 4:
        for run in BASE64.findall(body):
            for alphabet in (b"+/", b"-_"):
                try:
                    inner = base64.b64decode(run + b"=" * (-len(run) % 4), altchars=alphabet, validate=True)
                except (binascii.Error, ValueError):
                    continue
                if "雀".encode() in inner or b"\\u96c0" in inner or re.search(rb"[0-9]{11}", inner):
                    yield from texts_in(inner, depth + 1)
