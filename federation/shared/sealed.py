"""Sealed fields: numbers that identify a person, encrypted at rest and masked everywhere.

A token is `version | key id | nonce | ciphertext+tag`; the additional data bind it to table, column and the
row's `uid`, so a token copied to another row or column does not open. `SealedText` never prints itself:
opening it for a reader goes through `federation.shared.reveal`, which writes the audit entry first.
Exact search uses the blind index: HMAC-SHA-256 of the normalised value under a key of its own.
"""

import functools
import hashlib
import hmac
import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

CIPHERS = {"aes-256-gcm": 1, "sm4-gcm": 2}
_NONCE = 12
_TAG = 16


class SealBroken(Exception):
    """The stored token does not open: tampered with, moved to another row, or its key is missing."""


@functools.cache
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)


def _sm4_key(key: bytes) -> bytes:
    # SM4 takes 16 bytes; derived, so that no key is ever used by two ciphers.
    return hmac.new(key, b"sm4-gcm", hashlib.sha256).digest()[:16]


def seal(plain: str, aad: bytes) -> bytes:
    """Encrypt `plain` with the current key and the cipher of the settings."""
    number, key = settings.KEYS.sealing_key()
    version = CIPHERS[settings.SEALING_CIPHER]
    head = bytes((version,)) + number.to_bytes(2, "big")
    nonce = secrets.token_bytes(_NONCE)
    data = plain.encode()
    if version == 1:
        return head + nonce + _aes(key).encrypt(nonce, data, head + aad)
    encryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head + aad)
    return head + nonce + encryptor.update(data) + encryptor.finalize() + encryptor.tag


def unseal(token: bytes, aad: bytes) -> str:
    """The plain text of `token`. Raises SealBroken where token, key or additional data do not fit."""
    token = bytes(token)
    head, nonce, body = token[:3], token[3 : 3 + _NONCE], token[3 + _NONCE :]
    key = settings.KEYS.opening_key(int.from_bytes(head[1:3], "big"))
    if key is None or len(body) < _TAG or head[0] not in CIPHERS.values():
        raise SealBroken("加密内容无法打开：密钥不在密钥文件中，或内容不完整。")
    try:
        if head[0] == 1:
            return _aes(key).decrypt(nonce, body, head + aad).decode()
        decryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce, body[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(head + aad)
        return (decryptor.update(body[:-_TAG]) + decryptor.finalize()).decode()
    except InvalidTag as error:
        raise SealBroken("加密内容校验不符：可能被改动过。请联系管理员核对备份。") from error


def key_number(token: bytes) -> int:
    """The id of the key that `token` was sealed with."""
    return int.from_bytes(bytes(token[1:3]), "big")


def blind_index(domain: str, plain: str) -> bytes:
    """16 bytes that equal for equal values of one domain and tell nothing else."""
    return hmac.new(settings.KEYS.index, f"{domain}|{plain}".encode(), hashlib.sha256).digest()[:16]


def row_aad(label: str, field: str, uid) -> bytes:
    return f"{label}|{field}|{uid}".encode()


def history_aad(label: str, object_id: int, version: int, field: str, side: int) -> bytes:
    """Binds a sealed value in a change record to its row, version, field and side (0 old, 1 new)."""
    return f"history|{label}|{object_id}|{version}|{field}|{side}".encode()


def mask(plain: str, keep_head: int, keep_tail: int) -> str:
    """`plain` with its middle replaced; what is too short for its mask shows two characters at most."""
    if len(plain) <= keep_head + keep_tail:
        keep_head, keep_tail = 0, min(2, len(plain) // 2)
    hidden = len(plain) - keep_head - keep_tail
    return plain[:keep_head] + "*" * hidden + (plain[-keep_tail:] if keep_tail else "")


# How much of each kind stays readable: (leading, trailing) characters.
MASKS = {"id_number": (6, 4), "certificate": (6, 4), "account": (0, 4), "phone": (3, 4), "form": (0, 0)}


class SealedText:
    """A sealed value: prints its mask, refuses to be serialised, opens only by `open_plain`."""

    __slots__ = ("token", "_aad", "_kind", "_plain")

    def __init__(self, *, aad: bytes, kind: str, token: bytes | None = None, plain: str | None = None):
        self.token = token
        self._aad = aad
        self._kind = kind
        self._plain = plain

    def open_plain(self) -> str:
        """The plain text. Only the reveal service, checks, and rules that never show it may call this."""
        return self._plain if self._plain is not None else unseal(self.token, self._aad)

    def sealed_token(self) -> bytes:
        if self.token is None:
            self.token = seal(self._plain, self._aad)
        return self.token

    @property
    def kind(self) -> str:
        return self._kind

    def token_for(self, aad: bytes) -> bytes:
        """The same text sealed for another place (a change record)."""
        return seal(self.open_plain(), aad)

    def is_readable(self) -> bool:
        """False where the token was tampered with or its key is gone."""
        try:
            self.open_plain()
        except SealBroken:
            return False
        return True

    def masked(self) -> str:
        """The mask; a value that does not open says so, and the other rows of the list are still shown."""
        try:
            return mask(self.open_plain(), *MASKS[self._kind])
        except SealBroken:
            return "（无法打开，请联系管理员）"

    def __str__(self):
        return self.masked()

    __repr__ = __str__

    def __bool__(self):
        return True

    def __eq__(self, other):
        if not isinstance(other, SealedText):
            return NotImplemented
        try:
            return self.open_plain() == other.open_plain()
        except SealBroken:
            return False

    __hash__ = None

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        # Forms and querysets copy what they are given; the value does not change, so it is its own copy.
        return self

    def __reduce__(self):
        raise TypeError("a sealed value is not serialised")


class _SealedAttribute:
    """Turns what is assigned into SealedText bound to this row."""

    def __init__(self, field):
        self.field = field

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        field = self.field
        if field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[field.attname])
        value = instance.__dict__.get(field.attname)
        if value is None or isinstance(value, SealedText):
            return value
        # Bound on first reading: the row's uid may be loaded after this column.
        value = SealedText(token=bytes(value), aad=self._aad(instance), kind=field.kind)
        instance.__dict__[field.attname] = value
        return value

    def __set__(self, instance, value):
        if isinstance(value, str):
            value = SealedText(plain=value, aad=self._aad(instance), kind=self.field.kind) if value else None
        elif isinstance(value, SealedText) and value._aad != self._aad(instance):
            value = SealedText(plain=value.open_plain(), aad=self._aad(instance), kind=self.field.kind)
        instance.__dict__[self.field.attname] = value

    def _aad(self, instance) -> bytes:
        return row_aad(instance._meta.label_lower, self.field.attname, instance.uid)


class SealedField(models.BinaryField):
    """A text encrypted in its column. The model needs a `uid` declared before it.

    `kind` names the mask (see MASKS). Assign plain text (or "" / None to empty it); read a SealedText.
    """

    def __init__(self, *args, kind: str, **kwargs):
        self.kind = kind
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["kind"] = self.kind
        return name, path, args, kwargs

    def contribute_to_class(self, cls, name, private_only=False):
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            setattr(cls, self.attname, _SealedAttribute(self))

    def get_prep_value(self, value):
        return value.sealed_token() if isinstance(value, SealedText) else value

    def get_db_prep_value(self, value, connection, prepared=False):
        return super().get_db_prep_value(self.get_prep_value(value), connection, prepared)

    def value_to_string(self, obj):
        raise TypeError("a sealed value is not serialised")


class BlindIndexField(models.BinaryField):
    """The blind index of a sealed field of the same row, refreshed at every save."""

    def __init__(self, *args, source: str, domain: str, **kwargs):
        self.source = source
        self.domain = domain
        kwargs.setdefault("null", True)
        kwargs["editable"] = False
        kwargs["max_length"] = 16
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["source"] = self.source
        kwargs["domain"] = self.domain
        return name, path, args, kwargs

    def pre_save(self, instance, add):
        sealed = getattr(instance, self.source)
        value = blind_index(self.domain, sealed.open_plain()) if sealed else None
        setattr(instance, self.attname, value)
        return value


class SealedRow(models.Model):
    """Base of models with sealed fields: the public identifier that also binds their tokens."""

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
