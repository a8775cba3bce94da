"""The process that opens uploaded pictures and PDFs: run by path, without Django, database or keys.

Standard input: one JSON object (path, longest_side, takes_pdf, limits). Standard output: one JSON line, then the
bytes to keep. A crash, a signal or silence is for the parent to explain.
"""

import io
import json
import re
import resource
import sys
import warnings
import zipfile
import zlib
from pathlib import Path

SMALLEST_SIDE = 100
JPEG_QUALITY = 85
AGAIN = "请用手机重新拍照，或扫描成 JPG 后再上传。"
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
# Phones of Apple, and some others, keep photos so; what opens them is no part of this product.
HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif")
HEIC_CURE = (
    "是 HEIC 格式的照片（苹果手机常用），不能上传。请在手机“设置”—“相机”—“格式”中选“兼容性最佳”，再重新拍照；"
    "已经拍好的，在相册里打开后截屏，上传截屏的图片。"
)
# What a file is by its first bytes, where it is none of those that are taken.
OTHERS = (
    (b"MZ", "是程序，不是照片"),
    (b"\x7fELF", "是程序，不是照片"),
    (b"\xcf\xfa\xed\xfe", "是程序，不是照片"),
    (b"#!", "是程序，不是照片"),
    (b"GIF8", "是 GIF 动图"),
    (b"BM", "是 BMP 图片"),
    (b"II*\0", "是 TIFF 图片"),
    (b"MM\0*", "是 TIFF 图片"),
    (b"PK\x03\x04", "是压缩包或 Office 文件"),
    (b"Rar!", "是压缩包"),
    (b"7z\xbc\xaf", "是压缩包"),
    (b"\xd0\xcf\x11\xe0", "是旧版 Office 文件"),
)
# Names in a PDF that do something, carry something along or hide something; a scan needs none of them.
ACTIVE = (
    (b"/Encrypt", "设了密码或权限，里面的内容无法检查。请取消密码后另存"),
    (b"/JavaScript", "里面有脚本程序"),
    (b"/EmbeddedFile", "里面夹带了别的文件"),
    (b"/Launch", "里面有启动程序的命令"),
    (b"/RichMedia", "里面有音视频或动画"),
    (b"/XFA", "里面有可填写的表单程序"),
    (b"/SubmitForm", "里面有往外发送内容的命令"),
    (b"/ImportData", "里面有读取外部内容的命令"),
    (b"/GoToE", "里面夹带了别的文件"),
    (b"/GoToR", "里面有打开别的文件的命令"),
)
MOST_INFLATED = 400 * 1024 * 1024
ONE_STREAM = 128 * 1024 * 1024


class Refused(Exception):
    """The rest of a sentence that begins with the name of the file."""


def main():
    request = json.loads(sys.stdin.buffer.read())
    _fence(request)
    try:
        content_type, kept = _read(Path(request["path"]).read_bytes(), request)
        head = {"content_type": content_type}
    except Refused as refusal:
        head, kept = {"refused": str(refusal)}, b""
    except MemoryError:
        sys.exit(3)
    out = sys.stdout.buffer
    out.write(json.dumps(head, ensure_ascii=False).encode() + b"\n")
    out.write(kept)
    out.flush()


def _fence(request):
    """Limits of memory, processor time and written files, before any byte of the upload is read."""
    memory = request["memory_mb"] * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(data: bytes, request) -> tuple[str, bytes]:
    if not data:
        raise Refused(f"是空文件。{AGAIN}")
    if data.startswith(b"%PDF-"):
        if not request["takes_pdf"]:
            raise Refused("是 PDF，照片要用 JPG 或 PNG。请用手机拍照后上传。")
        _look_through_pdf(data)
        return "application/pdf", _without_facts(data)
    if data.startswith(PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "image/jpeg", _drawn_anew(data, request)
    if data[4:8] == b"ftyp" and data[8:12] in HEIC:
        raise Refused(HEIC_CURE)
    raise Refused(f"{_what_it_is(data)}，不能上传。{AGAIN}")


def _what_it_is(data: bytes) -> str:
    for start, words in OTHERS:
        if data.startswith(start):
            return words
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "是 SVG 图形，里面可以藏程序"
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<script")):
        return "是网页"
    return "不是照片，也不是 PDF"


def _drawn_anew(data: bytes, request) -> bytes:
    """The picture as a JPEG of its own: upright, at most so large, without place, time, camera or anything appended."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = request["max_pixels"]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    side = request["longest_side"]
    try:
        picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
        width, height = picture.size
        if min(width, height) < SMALLEST_SIDE:
            raise Refused(f"只有 {width}×{height} 个点，看不清。{AGAIN}")
        # A large JPEG is decoded at a half or a quarter of its size, which costs as much less.
        picture.draft("RGB", (side * 2, side * 2))
        picture.load()
        picture.info.pop("icc_profile", None)
        # Small first, then turned: turning needs a second copy.
        if picture.mode not in ("RGB", "L", "RGBA"):
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        picture.thumbnail((side, side))
        picture = ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(
            f"的点数太多（超过 {request['max_pixels'] // 1_000_000} 百万），打开会占满内存。请把照片调小再上传。"
        ) from error
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        zlib.error,
        IndexError,
        KeyError,
    ) as error:
        raise Refused(f"已损坏或不完整，打不开。{AGAIN}") from error
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    drawn = io.BytesIO()
    paper.save(drawn, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return drawn.getvalue()


# --- PDF --------------------------------------------------------------------------------------------

_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_FLATE_ALONE = re.compile(rb"/Filter\s*\[?\s*/FlateDecode\s*\]?\s*(?:/[A-Z]|>>)")
_SAVE_AGAIN = "。请打印成纸后扫描成 JPG，再上传。"


def _look_through_pdf(data: bytes):
    """Raise Refused where the PDF is more than pages to look at. Every part that can be inflated is looked into."""
    end = data.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in data:
        raise Refused(f"不完整，像是没有传完。{AGAIN}")
    if data[end + 5 :].strip(b"\r\n \t\0") or zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused(f"的末尾接着别的内容，可能夹带了程序{_SAVE_AGAIN}")
    _refuse_active(data)
    rest = MOST_INFLATED
    looked_into = 0
    for found in _STREAM.finditer(data):
        described = _plain_names(data[max(0, found.start() - 2000) : found.start()]).rpartition(b"obj")[2]
        inflated, is_whole = _inflated(data[found.end() : data.find(b"endstream", found.end())], min(ONE_STREAM, rest))
        rest -= len(inflated)
        if b"/ObjStm" in described and is_whole and _FLATE_ALONE.search(described):
            looked_into += 1
        _refuse_active(inflated)
    if looked_into != _plain_names(data).count(b"/ObjStm"):
        # Objects that a reader would find and we did not.
        raise Refused(f"的内部结构无法检查{_SAVE_AGAIN}")


def _refuse_active(part: bytes):
    names = _plain_names(part)
    for name, words in ACTIVE:
        if name in names:
            raise Refused(f"{words}{_SAVE_AGAIN}")


def _plain_names(part: bytes) -> bytes:
    """With /J#61vaScript written as /JavaScript."""
    return _ESCAPE.sub(lambda found: bytes([int(found.group(1), 16)]), part)


def _inflated(packed: bytes, most: int) -> tuple[bytes, bool]:
    """What a compressed stream holds, and whether that is all; "" where it is not compressed this way."""
    opener = zlib.decompressobj()
    try:
        inflated = opener.decompress(packed, max(1, most))
    except zlib.error:
        return b"", False
    if opener.unconsumed_tail and not opener.eof:
        raise Refused(f"展开后太大，可能会占满内存。{AGAIN}")
    return inflated, opener.eof


# --- what a PDF tells of who made it, where and with what ----------------------------------------------

_INFO = re.compile(rb"/Info\s+([0-9]+)\s+[0-9]+\s+R")
_REFERENCE = re.compile(rb"([0-9]+)\s+[0-9]+\s+R\b")
_ABOUT = re.compile(rb"/Type\s*/Metadata\b|/Subtype\s*/XML\b")
_FIRST = re.compile(rb"/First\s+([0-9]+)")
# Parts of a JPEG that tell of camera, place and time, or carry words; not what its colours need.
_JPEG_FACTS = frozenset((0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE))


def _without_facts(data: bytes) -> bytes:
    """The PDF without title, author, program and times, and its pictures without place, camera and time.

    What goes is overwritten by nothing of the same length, so that every place the file names stays where it is.
    """
    kept = bytearray(data)
    infos = {int(number) for number in _INFO.findall(_plain_names(data))}
    told = infos | {each for number in infos for each in _named_by(data, number)}
    for number in told:
        for found in _objects(data, number):
            _blank_value(kept, found.end())
    for found in _STREAM.finditer(data):
        described = _plain_names(data[max(0, found.start() - 2000) : found.start()]).rpartition(b"obj")[2]
        start, end = found.end(), data.find(b"endstream", found.end())
        if _ABOUT.search(described):
            kept[start:end] = _nothing(data[start:end])
        elif b"/ObjStm" in described and told:
            kept[start:end] = _without_objects(data[start:end], described, told)
        elif b"/DCTDecode" in described:
            _blank_jpeg(kept, start, end)
    return bytes(kept)


def _objects(data: bytes, number: int):
    return re.finditer(rb"(?<![0-9])%d\s+[0-9]+\s+obj\b" % number, data)


def _named_by(data: bytes, number: int) -> set[int]:
    """The objects in which the values of this one lie."""
    named = set()
    for found in _objects(data, number):
        start = _value_at(data, found.end())
        if data[start : start + 2] == b"<<":
            named |= {int(each) for each in _REFERENCE.findall(data[start : _end_of(data, start)])}
    return named


def _value_at(data, at: int) -> int:
    while data[at : at + 1].isspace():
        at += 1
    return at


def _end_of(data, at: int) -> int:
    """Where the dictionary or the text that begins at `at` ends."""
    if data[at : at + 2] == b"<<":
        at += 2
        while at < len(data) and data[at : at + 2] != b">>":
            at = _end_of(data, at) if data[at : at + 1] in (b"(", b"<") else at + 1
        return at + 2
    if data[at : at + 1] == b"<":
        end = data.find(b">", at)
        return len(data) if end < 0 else end + 1
    depth = 0
    while at < len(data):
        letter = data[at : at + 1]
        at += 2 if letter == b"\\" else 1
        depth += (letter == b"(") - (letter == b")")
        if not depth:
            break
    return at


def _blank_value(kept: bytearray, at: int):
    """Overwrite what is in the dictionary or the text that stands there; anything else tells nothing."""
    start = _value_at(kept, at)
    if kept[start : start + 1] not in (b"<", b"("):
        return
    edge = 2 if kept[start : start + 2] == b"<<" else 1
    end = min(_end_of(kept, start), len(kept))
    kept[start + edge : end - edge] = b" " * max(0, end - start - 2 * edge)


def _nothing(packed: bytes) -> bytes:
    """A stream that holds nothing, of the same length and packed in the same way."""
    inflated, is_whole = _inflated(packed, ONE_STREAM)
    if not inflated and not is_whole:
        return b" " * len(packed)
    return zlib.compress(b"").ljust(len(packed), b"\0")[: len(packed)]


def _without_objects(packed: bytes, described: bytes, numbers: set[int]) -> bytes:
    """A stream of objects with those of `numbers` emptied, packed again into the same room."""
    opener = zlib.decompressobj()
    content = bytearray(opener.decompress(packed))
    first = int(_FIRST.search(described).group(1)) if _FIRST.search(described) else 0
    places = content[:first].split()
    present = [int(place) for number, place in zip(places[::2], places[1::2], strict=False) if int(number) in numbers]
    if not present:
        return packed
    for place in present:
        _blank_value(content, first + place)
    again = zlib.compress(bytes(content), 9)
    room = len(packed) - len(opener.unused_data)
    if len(again) > room:
        raise Refused(f"的内部结构无法检查{_SAVE_AGAIN}")
    return again.ljust(room, b"\0") + opener.unused_data


def _blank_jpeg(kept: bytearray, start: int, end: int):
    """Empty the parts of a picture inside the PDF that tell of more than what it shows."""
    at = start + 2
    if kept[start:at] != b"\xff\xd8":
        inflated, _is_whole = _inflated(bytes(kept[start:end]), ONE_STREAM)
        if b"Exif" in inflated[:100_000]:
            raise Refused(f"里的照片带着拍摄地点和时间，去不掉{_SAVE_AGAIN}")
        return
    while at + 4 <= end and kept[at] == 0xFF and kept[at + 1] != 0xDA:
        size = int.from_bytes(kept[at + 2 : at + 4], "big")
        if kept[at + 1] in _JPEG_FACTS:
            kept[at + 4 : min(at + 2 + size, end)] = b"\0" * max(0, min(at + 2 + size, end) - at - 4)
        at += 2 + max(size, 2)


if __name__ == "__main__":
    main()
