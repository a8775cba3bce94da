"""Hands an uploaded picture or PDF to the child process. The parent never decodes a byte of it."""

import json
from dataclasses import dataclass
from pathlib import Path

from federation.shared.children import ChildFailed, run_child
from federation.shared.private_temp import private_folder

CHILD = Path(__file__).with_name("child.py")
MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
MAX_PIXELS = 60_000_000
MEMORY_MB = 1024
CPU_SECONDS = 20


class ScanRefused(Exception):
    """The file was not taken; the message names it, says what is wrong with it and what to do."""


@dataclass(frozen=True)
class Scan:
    """What is kept of an upload: the picture drawn anew as JPEG, or the PDF that was looked through, without what it
    told of who made it, where and with what."""

    content_type: str
    data: bytes


def read_scan(upload, *, longest_side: int, takes_pdf: bool) -> Scan:
    """`upload` (a Django UploadedFile) as it may be kept. Raises ScanRefused with a sentence."""
    shown = f"“{shown_name(upload.name)}”"
    if upload.size > MAX_BYTES:
        raise ScanRefused(
            f"{shown}有 {upload.size / MEGABYTE:.1f} MB，超过 {MAX_BYTES // MEGABYTE} MB。"
            "请把照片调小，或用较低的分辨率重新扫描，再上传。"
        )
    with private_folder("scan-") as folder:
        path = folder / "upload"
        with path.open("wb") as file:
            path.chmod(0o600)
            for chunk in upload.chunks():
                file.write(chunk)
        request = {
            "path": str(path),
            "longest_side": longest_side,
            "takes_pdf": takes_pdf,
            "max_pixels": MAX_PIXELS,
            "memory_mb": MEMORY_MB,
            "cpu_seconds": CPU_SECONDS,
        }
        try:
            line, _, data = run_child(CHILD, request).partition(b"\n")
            head = json.loads(line)
        except (ChildFailed, ValueError) as error:
            raise ScanRefused(
                f"{shown}太大或太复杂，打开时超出了内存或时间的限制，已停止。请重新拍照或扫描后再上传。"
            ) from error
    if "refused" in head:
        raise ScanRefused(f"{shown}{head['refused']}")
    return Scan(head["content_type"], data)


def shown_name(name: str) -> str:
    """The name as the sender will know it, without what could be mistaken for more than a name."""
    kept = "".join(each for each in str(name) if each.isprintable() and each not in "<>\u202e\u202d\u2066\u2067\u2068")
    return kept if len(kept) <= 60 else f"{kept[:40]}……{kept[-15:]}"
