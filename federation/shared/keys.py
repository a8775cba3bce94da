"""Keys of one installation: made at its first start, kept in one file outside the repository.

The file holds JSON: the Django secret, the sealing keys by id with the id in use, the blind-index
key and the audit key. It is written once with mode 0400; losing it loses every sealed value, so the
backup command asks for a second place to keep it.
"""

import base64
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path


class KeyFileError(Exception):
    """The key file cannot be used; the message says why and what to do."""


# How long a process may go on sealing with a key that rotation has replaced.
LOOK_AGAIN_SECONDS = 5


@dataclass
class KeyFile:
    path: Path
    django_secret: str
    sealing: dict[int, bytes]
    sealing_current: int
    index: bytes
    audit: bytes

    def __repr__(self):
        return f"KeyFile({self.path})"

    @classmethod
    def load_or_create(cls, path: Path) -> "KeyFile":
        """Read the keys at `path`, making them first where the file does not exist."""
        if not path.exists():
            cls._create(path)
        keys = cls._read(path)
        keys.check()
        return keys

    @classmethod
    def _read(cls, path: Path) -> "KeyFile":
        try:
            raw = json.loads(path.read_text())
            return cls(
                path=path,
                django_secret=raw["django_secret"],
                sealing={int(number): base64.b64decode(key) for number, key in raw["sealing"]["keys"].items()},
                sealing_current=int(raw["sealing"]["current"]),
                index=base64.b64decode(raw["index"]),
                audit=base64.b64decode(raw["audit"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyFileError(
                f"密钥文件 {path} 无法读取（{type(error).__name__}）。"
                "请从备份中恢复该文件；没有它，已加密的号码不能打开。"
            ) from error

    def __post_init__(self):
        self._looked_at = time.monotonic()
        self._stamp = self._file_stamp()

    def _file_stamp(self):
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return None

    def sealing_key(self) -> tuple[int, bytes]:
        """(id, key) that new values are sealed with; notices a rotation made by another process."""
        if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
            self.look_again()
        return self.sealing_current, self.sealing[self.sealing_current]

    def opening_key(self, number: int) -> bytes | None:
        """The key with this id; one that is not known yet is looked for in the file once more."""
        if number not in self.sealing:
            self.look_again()
        return self.sealing.get(number)

    def look_again(self):
        """Take over the sealing keys of a file that was replaced since."""
        self._looked_at = time.monotonic()
        stamp = self._file_stamp()
        if stamp is None or stamp == self._stamp:
            return
        fresh = KeyFile._read(self.path)
        fresh.check()
        # Keys before the id in use, so that another thread never finds an id without its key.
        self.sealing = fresh.sealing
        self.sealing_current = fresh.sealing_current
        self._stamp = stamp

    def add_sealing_key(self) -> int:
        """Write a new sealing key into the file, put it in use, and give its id. Old keys stay: backups need them."""
        raw = json.loads(self.path.read_text())
        number = max(int(known) for known in raw["sealing"]["keys"]) + 1
        raw["sealing"]["keys"][str(number)] = _fresh_key()
        raw["sealing"]["current"] = number
        draft = _write_private(self.path, raw)
        # One rename: a reader sees the old file or the new one, never half of either.
        draft.replace(self.path)
        self._stamp = None
        self.look_again()
        return number

    def check(self):
        """Refuse keys that are too short to protect anything."""
        weak = [number for number, key in self.sealing.items() if len(key) != 32]
        if weak or len(self.index) < 32 or len(self.audit) < 32 or len(self.django_secret) < 50:
            raise KeyFileError(
                f"密钥文件 {self.path} 中的密钥过短。请删除该文件重新生成（仅限尚无数据时），或从备份恢复。"
            )
        if self.sealing_current not in self.sealing:
            raise KeyFileError(
                f"密钥文件 {self.path} 指定的当前密钥 {self.sealing_current} 不存在。请从备份恢复该文件。"
            )

    @classmethod
    def _create(cls, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        content = {
            "django_secret": secrets.token_urlsafe(64),
            "sealing": {"current": 1, "keys": {"1": _fresh_key()}},
            "index": _fresh_key(),
            "audit": _fresh_key(),
        }
        # Written beside and linked into place, so that two processes starting at once agree on one file.
        draft = _write_private(path, content)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def _fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _write_private(path: Path, content: dict) -> Path:
    """`content` in a file beside `path` that only its owner ever could read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft
