"""Hostile uploads for photo and scans, made here: (kind of fault, name, bytes, words the refusal must hold)."""

import io
import struct
import zipfile
import zlib

from PIL import Image

MEGABYTE = 1024 * 1024


def picture(size=(900, 700), kind="JPEG", mode="RGB", colour="#8899aa", **more) -> bytes:
    drawn = io.BytesIO()
    Image.new(mode, size, colour).save(drawn, kind, **more)
    return drawn.getvalue()


def jpeg_with_place() -> bytes:
    """Taken sideways, with place, owner and time in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 33.0)
    return picture((900, 600), exif=exif.tobytes(), comment=b"SECRETCOMMENT")


def png_of_claimed_size(width, height) -> bytes:
    """A small file that says it is so large: a decompression bomb of pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    """A good picture whose text chunk inflates to 200 MB."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    good = picture((200, 200), "PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 200 * MEGABYTE, 9))
    return good[:33] + bomb + good[33:]


def stream(data: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n" % (len(packed), more) + packed + b"\nendstream"


def png_with_wrong_sum() -> bytes:
    good = picture((300, 300), "PNG")
    return good[:40] + b"\xff\xff\xff" + good[43:]


PACKED_TWICE = b"<</Type/ObjStm/Filter[/ASCIIHexDecode/FlateDecode]/Length 4>>\nstream\n789c>\nendstream"
CARRIED = (b"<</Type/Filespec/EF<</F 5 0 R>>>>", stream(b"MZ", b"/Type/EmbeddedFile"))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def jar() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Evil.class", b"\xca\xfe\xba\xbe")
    return packed.getvalue()


def pdf(*objects: bytes, tail: bytes = b"") -> bytes:
    """A PDF of one empty page with further objects."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    written = b"%PDF-1.5\n"
    for number, part in enumerate([*parts, *objects], start=1):
        written += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    return written + b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n" + tail


HOSTILE = [
    ("nothing in it", "空.jpg", b"", "空"),
    ("a program called a photo", "照片.jpg", b"MZ\x90\0" + b"\0" * 3000, "程序"),
    ("a Linux program", "photo.png", b"\x7fELF\x02\x01\x01" + b"\0" * 3000, "程序"),
    ("a shell script", "photo.jpg", b"#!/bin/sh\nrm -rf /\n", "程序"),
    ("an SVG with a script", "图.jpg", SVG, "SVG"),
    ("an SVG behind an XML head", "图.svg", b'<?xml version="1.0"?>\n<svg onload="x()"/>', "SVG"),
    ("a page", "照片.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "网页"),
    ("a GIF that is a JAR", "动图.gif", picture((300, 300), "GIF", "P", 3) + jar(), "GIF"),
    ("a zip", "照片.zip", jar(), "压缩包"),
    ("a Word file of old", "扫描.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Office"),
    ("a TIFF", "扫描.tif", picture((300, 300), "TIFF"), "TIFF"),
    ("a BMP", "扫描.bmp", picture((300, 300), "BMP"), "BMP"),
    ("an HEIC of a phone", "IMG_1.heic", b"\0\0\0\x18ftypheic\0\0\0\0" + b"\0" * 600, "HEIC"),
    ("words only", "照片.jpg", "这是一张照片".encode(), "不是照片"),
    ("a truncated JPEG", "断.jpg", picture((1200, 900))[:4000], "损坏"),
    ("a JPEG of which only the head is there", "断.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 40, "损坏"),
    ("a PNG cut in the middle", "断.png", picture((900, 900), "PNG", colour="red")[:-40], "损坏"),
    ("a WebP cut in the middle", "断.webp", picture((900, 900), "WEBP")[:60], "损坏"),
    ("a PNG with a wrong check sum", "坏.png", png_with_wrong_sum(), "损坏"),
    ("a flood of pixels", "大.png", png_of_claimed_size(30_000, 30_000), "点数太多"),
    ("a flood of pixels beyond any limit", "大.png", png_of_claimed_size(2_000_000, 2_000_000), "点数太多"),
    ("a picture that inflates to nothing seen", "字.png", png_with_text_bomb(), "损坏"),
    ("one dot", "点.png", picture((1, 1), "PNG"), "看不清"),
    ("a stripe", "条.jpg", picture((4000, 20)), "看不清"),
    ("20 MB", "大.jpg", picture((900, 700)) + b"\0" * (20 * MEGABYTE), "20."),
    ("a PDF with JavaScript", "扫描.pdf", pdf(b"<</S/JavaScript/JS(app.alert(1))>>"), "脚本"),
    ("JavaScript spelt otherwise", "扫描.pdf", pdf(b"<</S/J#61va#53cript/JS(app.alert(1))>>"), "脚本"),
    (
        "JavaScript in a packed object",
        "扫描.pdf",
        pdf(stream(b"5 0 <</S/JavaScript/JS(app.alert(1))>>", b"/Type/ObjStm/N 1/First 4")),
        "脚本",
    ),
    ("JavaScript packed twice", "扫描.pdf", pdf(PACKED_TWICE), "内部结构"),
    ("a PDF that carries a file", "扫描.pdf", pdf(*CARRIED), "夹带"),
    ("a PDF that starts a program", "扫描.pdf", pdf(b"<</S/Launch/F(cmd.exe)>>"), "启动程序"),
    ("a PDF form with a program", "表.pdf", pdf(b"<</AcroForm<</XFA 5 0 R>>>>"), "表单"),
    ("a PDF with a film", "片.pdf", pdf(b"<</Type/Annot/Subtype/RichMedia>>"), "音视频"),
    ("a PDF with a password", "密.pdf", pdf(b"<</Encrypt 6 0 R>>"), "密码"),
    ("a PDF cut off", "断.pdf", pdf()[:120], "不完整"),
    ("a PDF that is a JAR", "扫描.pdf", pdf(tail=jar()), "末尾"),
    ("a PDF that inflates to a gigabyte", "弹.pdf", pdf(stream(b"\0" * 300 * MEGABYTE)), "展开后太大"),
    ("a PDF behind something else", "扫描.pdf", b"GIF89a%PDF-1.4\n" + pdf(), "GIF"),
]
