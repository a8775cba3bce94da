"""One PDF of many that we made ourselves: parts of a job, laid out by different workers.

Reads only what `federation.shared.pdf.part` writes: a classic table of objects, one tree of pages.
"""

import io
import re
from collections.abc import Iterable

_REFERENCE = re.compile(rb"(?<![\d.])(\d+) 0 R\b")
_CATALOG, _PAGES = 1, 2


class NotOurPdf(Exception):
    """A part is not as we write them."""


def join(parts: Iterable[bytes]) -> bytes:
    """The pages of all parts, in order. Titles, outlines and other catalog entries of the parts are left out."""
    out = io.BytesIO(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    out.seek(0, io.SEEK_END)
    offsets: dict[int, int] = {}
    kids: list[int] = []
    last = _PAGES
    for part in parts:
        objects, root = _objects_of(part)
        tree = _number(rb"/Pages (\d+) 0 R", objects[root])
        of_tree = [int(found) for found in _REFERENCE.findall(_between(objects[tree], b"/Kids"))]
        kept = [number for number in sorted(objects) if number not in (root, tree)]
        renamed = {old: last + place for place, old in enumerate(kept, 1)} | {tree: _PAGES}
        last += len(kept)
        for old in kept:
            offsets[renamed[old]] = out.tell()
            out.write(b"%d 0 obj\n" % renamed[old] + _renumbered(objects[old], renamed) + b"endobj\n")
        kids += [renamed[old] for old in of_tree]
    offsets[_CATALOG] = out.tell()
    out.write(b"1 0 obj\n<</Type /Catalog/Pages 2 0 R>>\nendobj\n")
    offsets[_PAGES] = out.tell()
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    out.write(b"2 0 obj\n<</Type /Pages/Count %d/Kids [%b]>>\nendobj\n" % (len(kids), listed))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1))
    out.writelines(b"%010d 00000 n \n" % offsets[number] for number in range(1, last + 1))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, start))
    return out.getvalue()


def _objects_of(part: bytes) -> tuple[dict[int, bytes], int]:
    """({number: what stands between obj and endobj}, number of the catalog)."""
    found = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", part)
    start = int(found.group(1)) if found else -1
    head = re.match(rb"xref\s+0 (\d+)\s*\n", part[start : start + 40]) if found else None
    if head is None:
        raise NotOurPdf("no table of objects")
    lines = part[start + head.end() :].split(b"\n")[: int(head.group(1))]
    places = {number: int(line[:10]) for number, line in enumerate(lines) if line[17:18] == b"n"}
    ends = sorted([*places.values(), start])
    objects = {}
    for number, place in places.items():
        body = part[place : ends[ends.index(place) + 1]]
        objects[number] = body[body.index(b"obj\n") + 4 : body.rindex(b"endobj")]
    return objects, _number(rb"/Root (\d+) 0 R", part[start:])


def _number(pattern: bytes, text: bytes) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise NotOurPdf("no pages")
    return int(found.group(1))


def _between(text: bytes, name: bytes) -> bytes:
    start = text.index(b"[", text.index(name))
    return text[start : text.index(b"]", start)]


def _renumbered(body: bytes, renamed: dict[int, int]) -> bytes:
    """References to other objects, in the object itself and never in the data of its stream."""
    described, sep, data = body.partition(b"stream\n")
    return _REFERENCE.sub(lambda found: b"%d 0 R" % renamed.get(int(found.group(1)), 0), described) + sep + data
