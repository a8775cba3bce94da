"""Keys of one installation: made at its first start, kept in one file outside the repository.

The file holds JSON: the Django secret, the sealing keys by id with the id in use, the blind-index
key and the audit key. It is written once with mode 0400; losing it loses every sealed value, so the
backup command asks for a second place to keep it.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


class KeyFileError(Exception):
    """The key file cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
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
        try:
            raw = json.loads(path.read_text())
            keys = cls(
                path=path,
                django_secret=raw["django_secret"],
                sealing={int(number): base64.b64decode(key) for number, key in raw["sealing"]["keys"].items()},
                sealing_current=int(raw["sealing"]["current"]),
                index=base64.b64decode(raw["index"]),
                audit=base64.b64decode(raw["audit"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyFileError(
                f"密钥文件 {path} 无法读取（{type(error).__name__}）。请从备份中恢复该文件；没有它，已加密的号码不能打开。"
            ) from error
        keys.check()
        return keys

    def check(self):
        """Refuse keys that are too short to protect anything."""
        weak = [number for number, key in self.sealing.items() if len(key) != 32]
        if weak or len(self.index) < 32 or len(self.audit) < 32 or len(self.django_secret) < 50:
            raise KeyFileError(f"密钥文件 {self.path} 中的密钥过短。请删除该文件重新生成（仅限尚无数据时），或从备份恢复。")
        if self.sealing_current not in self.sealing:
            raise KeyFileError(f"密钥文件 {self.path} 指定的当前密钥 {self.sealing_current} 不存在。请从备份恢复该文件。")

    @classmethod
    def _create(cls, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def fresh() -> str:
            return base64.b64encode(secrets.token_bytes(32)).decode()

        content = {
            "django_secret": secrets.token_urlsafe(64),
            "sealing": {"current": 1, "keys": {"1": fresh()}},
            "index": fresh(),
            "audit": fresh(),
        }
        # Written beside and linked into place, so that two processes starting at once agree on one file.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(content, indent=1))
        draft.chmod(0o400)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
