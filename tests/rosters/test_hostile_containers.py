"""Files that are refused as a whole: the reason and the cure in one sentence, nothing stored, the worker alive."""

import pytest

from federation.shared.models import Job, RosterImport, StagedBlock
from ledgers.models import DisabledPerson
from tests.ledgers.hostile_scans import png_of_claimed_size
from tests.rosters import hostile
from tests.rosters.people import book, person, roster_file, saved

State = RosterImport.State
ZIP_PATH = "指向外部路径"
CHANGED = "可能被改动过"
COSTLY = "超出了内存或时间的限制"


def only_hidden():
    workbook = book([person(0)])
    workbook.create_sheet("空")
    workbook.worksheets[0].sheet_state = "hidden"
    return saved(workbook)


def doubled_member():
    parts = list(hostile.parts_of(hostile.good()).items())
    return hostile.packed([*parts, parts[-1]])


REFUSED = {
    "zero bytes": (b"", "0 字节"),
    "a part that inflates to 100 MB": (
        lambda: hostile.with_part("xl/media/a.xml", b"<" + b" " * 100_000_000),
        "展开后太大",
    ),
    "shared string bomb": (hostile.shared_string_bomb, COSTLY),
    "too many parts": (
        lambda: hostile.packed(hostile.parts_of(hostile.good()) | {f"x/{n}.xml": b"<a/>" for n in range(600)}),
        "个部件",
    ),
    "doubled part": (doubled_member, "重名的部件"),
    "parts that differ in case only": (lambda: hostile.with_part("XL/Workbook.xml", b"<a/>"), "重名的部件"),
    "zip slip": (lambda: hostile.with_part("../../etc/cron.d/x", b"x"), ZIP_PATH),
    "absolute path": (lambda: hostile.with_part("/etc/passwd", b"x"), ZIP_PATH),
    "backslash path": (lambda: hostile.with_part("xl\\..\\..\\x.xml", b"x"), ZIP_PATH),
    "drive letter": (lambda: hostile.with_part("C:/x.xml", b"x"), ZIP_PATH),
    "symbolic link": (hostile.symlink, "符号链接"),
    "sizes that lie": (hostile.lying_sizes, "不完整或已损坏"),
    "wrong checksum": (hostile.broken_checksum, "不完整或已损坏"),
    "overlapping parts": (hostile.overlapping_members, "互相重叠"),
    "entity bomb": (hostile.entity_bomb, "DOCTYPE"),
    "external entity": (
        lambda: hostile.with_part(
            "xl/extra.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
        ),
        "DOCTYPE",
    ),
    "lower-case doctype": (lambda: hostile.with_part("xl/extra.xml", "<!doctype a><a/>"), "DOCTYPE"),
    "doctype hidden in UTF-16": (hostile.utf16_doctype, "不是 UTF-8"),
    "another declared encoding": (
        lambda: hostile.with_part("xl/extra.xml", '<?xml version="1.0" encoding="UTF-7"?><a/>'),
        "不是 UTF-8",
    ),
    "truncated": (lambda: hostile.good()[:-900], "不完整或已损坏"),
    "only the first bytes": (lambda: hostile.good()[:64], "不完整或已损坏"),
    "zip with a comment": (lambda: hostile.packed(hostile.parts_of(hostile.good()), comment=b"x" * 50), "压缩方式"),
    "polyglot: PDF before the zip": (lambda: b"%PDF-1.7\n" + hostile.good(), "PDF"),
    "polyglot: text before the zip": (lambda: b"hello\0" + hostile.good(), "另一种程序的文件"),
    "zip in a zip": (lambda: hostile.packed({"名册.xlsx": hostile.good()}), "没有工作簿"),
    "workbook with a workbook inside": (
        lambda: hostile.with_part("xl/embeddings/a.xlsx", hostile.good()),
        "嵌有别的文件",
    ),
    "macros": (lambda: hostile.with_part("xl/vbaProject.bin", b"x"), "宏"),
    "external link": (lambda: hostile.with_part("xl/externalLinks/externalLink1.xml", b"<a/>"), "断开链接"),
    "encrypted zip": (hostile.flagged_as_encrypted, "密码"),
    "encrypted workbook": (lambda: hostile.compound_file("EncryptedPackage", b"x" * 5000), "密码"),
    "old workbook with macros": (
        lambda: hostile.old_excel() + "_VBA_PROJECT".encode("utf-16-le"),
        "宏",
    ),
    "old Word document": (lambda: hostile.compound_file("WordDocument", b"x" * 5000), "不是 Excel 表格，是别的文档"),
    "compound file of rubbish": (lambda: hostile.compound_file("Workbook", b"\xff" * 9000), ""),
    "docx": (lambda: hostile.packed({"word/document.xml": "<a/>", "[Content_Types].xml": "<a/>"}), "Word 文档"),
    "xlsb": (lambda: hostile.packed({"xl/workbook.bin": "x", "[Content_Types].xml": "<a/>"}), "xlsb"),
    "some zip": (lambda: hostile.packed({"a.txt": "x"}), "没有工作簿"),
    "empty zip": (lambda: hostile.packed({}), "没有内容"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "图片"),
    "a picture of 900 million dots as a roster": (lambda: png_of_claimed_size(30_000, 30_000), "图片"),
    "rar": (b"Rar!\x1a\x07\x00" + b"x" * 100, "压缩包"),
    "HTML table named .xls": (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
    "HTML table behind a comment": (b"<!-- saved from url -->\n<table><tr><td>1</td></tr></table>", "网页"),
    "HTML table behind words": ("名册\n<TABLE border=1><tr><td>1</td></tr>".encode(), "网页"),
    "web archive": (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "网页"),
    "letter named .xls": ("关于上报残疾人名册的通知\n各村（社区）：\n请于月底前上报。\n".encode(), "普通的文字文件"),
    "tail of a file": (b"\r\nxxxx", "普通的文字文件"),
    "comma file without headings": ("甲,乙,丙,丁\n1,2,3,4\n".encode(), "没有名册表头的文字"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "网页或 XML"),
    "XML spreadsheet of 2003": (b'<?xml version="1.0"?><Workbook></Workbook>', "网页或 XML"),
    "program": (b"\x7fELF" + b"\0" * 200, "另一种程序的文件"),
    "bytes of no encoding": ("姓名,身份证号\n".encode() + b"\xff\xff\xfe,1\n", "编码认不出来"),
    "sheet XML cut in the middle": (lambda: hostile.with_sheet(lambda xml: xml[: len(xml) // 2]), "损坏"),
    "workbook without relations": (
        lambda: hostile.packed(
            {k: v for k, v in hostile.parts_of(hostile.good()).items() if k != "xl/_rels/workbook.xml.rels"}
        ),
        "",
    ),
    "row number nought": (lambda: hostile.with_sheet(hostile.row_moved("3", "0")), "不可能的行号"),
    "row number beyond Excel": (lambda: hostile.with_sheet(hostile.row_moved("3", "99999999")), "不可能的行号"),
    "the same row twice": (lambda: hostile.with_sheet(hostile.row_moved("3", "2")), "行号重复或次序错乱"),
    "rows out of order": (lambda: hostile.with_sheet(hostile.row_moved("2", "9")), "行号重复或次序错乱"),
    "a cell far to the right": (lambda: hostile.with_sheet(hostile.far_cell("XFD3")), "XFD3"),
    "a cell far below": (
        lambda: hostile.with_sheet(
            lambda xml: xml.replace(
                "</sheetData>",
                '<row r="1048576"><c r="ZZ1048576" t="inlineStr"><is><t>远</t></is></c></row></sheetData>',
            )
        ),
        "",
    ),
    "only hidden sheets with data": (only_hidden, "没有找到表头"),
    "no heading row": (lambda: saved(book([{"甲": "1", "乙": "2"}])), "没有找到表头"),
    "headings without rows": (lambda: saved(book([], headings=list(person(0)))), "没有数据"),
    "two columns of the same item": (lambda: roster_file([person(0, 名字="王二")]), "表头有重复"),
    "a required column missing": (
        lambda: roster_file([{k: v for k, v in person(0).items() if k != "身份证号"}]),
        "表头缺少：身份证号",
    ),
    "neither village nor code": (
        lambda: roster_file([{k: v for k, v in person(0).items() if k != "村（社区）"}]),
        "表头缺少“村（社区）”",
    ),
    "comma file with one unclosed quote": ('姓名,身份证号,村\n"张三,1,2\n'.encode(), "引号不成对"),
    "comma file of 2,000 columns": ((",".join("x" * 2000) + "\n").encode(), "列"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_containers_are_refused(course, settings, name):
    made, words = REFUSED[name]
    data = made() if callable(made) else made
    sent = course.send(data)
    assert sent.state == State.REFUSED, (sent.state, course.errors(sent))
    assert words in sent.refusal
    assert "程序出错" not in sent.refusal
    assert sent.refusal.endswith("。"), "a sentence, with what to do"
    assert not DisabledPerson.objects.exists()
    assert not StagedBlock.objects.exists()
    assert not list(settings.MEDIA_ROOT.glob("rosters/*")), "the file itself is not kept either"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"<table></table>", "一封信".encode()])
def test_a_file_that_is_no_table_is_named_with_what_it_is_and_what_to_do(course, data):
    refusal = course.send(data, name="会师镇名册.doc").refusal
    assert refusal.startswith("“会师镇名册.doc”不是 Excel 表格，是")
    assert refusal.endswith("另存为 .xlsx 后再上传。")


def test_the_worker_reads_the_next_file_after_a_hostile_one(course):
    for made in (hostile.shared_string_bomb, hostile.entity_bomb, hostile.lying_sizes):
        assert course.send(made()).state == State.REFUSED
    assert course.send(hostile.good(3)).new_count == 3


def test_more_rows_than_allowed_are_refused_with_the_limit(course, settings):
    settings.ROSTER_MAX_ROWS = 4
    sent = course.send(hostile.good(5))
    assert sent.state == State.REFUSED
    assert "超过 4 行的上限" in sent.refusal


def test_a_refused_file_leaves_a_finished_job_with_the_sentence(course):
    sent = course.send(b"")
    job = Job.objects.get(pk=sent.job_id)
    assert (job.state, job.error) == ("failed", sent.refusal)
