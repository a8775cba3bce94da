"""The scanner finds a planted value in every carrier; a scanner that finds nothing would make the matrix green."""

import base64
import csv
import io
import json
import zipfile
from urllib.parse import quote

import pytest
from django.http import FileResponse, HttpResponse, JsonResponse
from openpyxl import Workbook
from openpyxl.comments import Comment

from federation.shared.workbooks.writer import Column, Sheet, workbook_response
from tests.access.canaries import Aviary

AVIARY = Aviary()
NUMBER = AVIARY.adopt("a row")
OTHER = AVIARY.adopt("another row")
TEXT = AVIARY.text(NUMBER, "名")
ID_NUMBER = AVIARY.sealed(NUMBER, "id_number")


def workbook(comment=False) -> bytes:
    book = Workbook()
    book.active.append(["无", TEXT, ID_NUMBER])
    if comment:
        book.active["A1"].comment = Comment(TEXT, "x")
        book.active["B1"] = None
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(**members) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def gb18030() -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["姓名", TEXT, ID_NUMBER])
    return buffer.getvalue().encode("gb18030")


CARRIERS = {
    "html text": lambda: HttpResponse(f"<p>{TEXT} {ID_NUMBER}</p>"),
    "html attribute": lambda: HttpResponse(f'<input value="{TEXT}-{ID_NUMBER}">'),
    "html entities": lambda: HttpResponse("".join(f"&#{ord(c)};" for c in TEXT + ID_NUMBER)),
    "json, escaped": lambda: JsonResponse({"a": [TEXT, ID_NUMBER]}),
    "json in a script": lambda: HttpResponse(f"<script>x={json.dumps(TEXT + ID_NUMBER)}</script>"),
    "header": lambda: HttpResponse(headers={"X-Note": quote(TEXT + ID_NUMBER)}),
    "file name": lambda: HttpResponse(
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(TEXT + ID_NUMBER)}.xlsx"}
    ),
    "link in a page": lambda: HttpResponse(f'<a href="?q={quote(TEXT + ID_NUMBER)}">'),
    "workbook, shared strings": lambda: HttpResponse(workbook()),
    "inline strings": lambda: HttpResponse(
        archive(**{"xl/worksheets/sheet1.xml": f"<is><t>{TEXT}</t></is><v>{ID_NUMBER}</v>"})
    ),
    "csv in gb18030": lambda: HttpResponse(gb18030()),
    "utf-16 text": lambda: HttpResponse((TEXT + ID_NUMBER).encode("utf-16")),
    "member of an archive": lambda: HttpResponse(archive(**{"a.txt": TEXT + ID_NUMBER})),
    "name of a member": lambda: HttpResponse(archive(**{f"{TEXT}{ID_NUMBER}.txt": "x"})),
    "workbook in an archive": lambda: HttpResponse(archive(**{"a.xlsx": workbook()})),
    "the product's own workbook": lambda: workbook_response(
        "名单", [Sheet("一", [Column("姓名"), Column("号码")], [(TEXT, ID_NUMBER)])]
    ),
    "base64": lambda: HttpResponse(b"key=" + base64.b64encode((TEXT + ID_NUMBER).encode())),
    "cursor": lambda: HttpResponse(
        b"?after=" + base64.urlsafe_b64encode(json.dumps(["name", TEXT + ID_NUMBER, 4]).encode()).rstrip(b"=")
    ),
    "streamed file": lambda: FileResponse(io.BytesIO(f"{TEXT},{ID_NUMBER}".encode())),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_planted_value_is_found_in(carrier):
    owners, numbers = AVIARY.found_in(CARRIERS[carrier]())
    assert owners == {NUMBER}
    assert numbers == {ID_NUMBER}


def test_a_planted_value_is_found_in_a_comment_of_a_workbook():
    assert AVIARY.found_in(HttpResponse(workbook(comment=True)))[0] == {NUMBER}


def test_a_clean_answer_is_clean():
    masked = ID_NUMBER[:6] + "********" + ID_NUMBER[-4:]
    assert AVIARY.found_in(HttpResponse(f"<p>麻雀 12345 {masked} 620422199001010000</p>")) == (set(), set())


def test_numbers_differ_between_rows_and_kinds():
    values = {AVIARY.sealed(each, kind) for each in (NUMBER, OTHER) for kind in ("id_number", "phone", "account")}
    assert len(values) == 6
