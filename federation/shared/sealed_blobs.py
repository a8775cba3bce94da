"""Sealing in bulk: whole files and staged rows as one token, and a column of many values at once.

Tokens have the shape of federation.shared.sealed; a value sealed here opens there and the other way round.
"""

import hmac
import os
import zlib
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from federation.shared.sealed import CIPHERS, SealBroken, _sm4_key, key_number, seal, unseal

_NONCE = 12
_TAG = 16


def seal_bytes(data: bytes, aad: bytes, level: int = 1) -> bytes:
    """`data`, compressed (at `level`; 0 for what is packed already) and sealed as one token."""
    data = zlib.compress(data, level)
    number, key = settings.KEYS.sealing_key()
    version = CIPHERS[settings.SEALING_CIPHER]
    head = bytes((version,)) + number.to_bytes(2, "big")
    nonce = os.urandom(_NONCE)
    if version == 1:
        return head + nonce + AESGCM(key).encrypt(nonce, data, head + aad)
    encryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head + aad)
    return head + nonce + encryptor.update(data) + encryptor.finalize() + encryptor.tag


def unseal_bytes(token: bytes, aad: bytes) -> bytes:
    """The bytes that `seal_bytes` took. Raises SealBroken where token, key or additional data do not fit."""
    token = bytes(token)
    head, nonce, body = token[:3], token[3 : 3 + _NONCE], token[3 + _NONCE :]
    key = settings.KEYS.opening_key(int.from_bytes(head[1:3], "big"))
    if key is None or len(body) < _TAG or head[0] not in CIPHERS.values():
        raise SealBroken("加密内容无法打开：密钥不在密钥文件中，或内容不完整。")
    try:
        if head[0] == 1:
            return zlib.decompress(AESGCM(key).decrypt(nonce, body, head + aad))
        decryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce, body[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(head + aad)
        return zlib.decompress(decryptor.update(body[:-_TAG]) + decryptor.finalize())
    except InvalidTag as error:
        raise SealBroken("加密内容校验不符：可能被改动过。请联系管理员核对备份。") from error


def resealed_bytes(token: bytes, aad: bytes) -> bytes | None:
    """`token` under the key in use; None where it is already so. Raises SealBroken as `unseal_bytes` does."""
    if key_number(token) == settings.KEYS.sealing_key()[0]:
        return None
    return seal_bytes(unseal_bytes(token, aad), aad)


def seal_many(plains: Iterable[str], label: str, field: str, uids: Iterable[str]) -> Iterator[bytes | None]:
    """One token a value of the column `label.field`, bound to its row's uid; "" gives None."""
    number, key = settings.KEYS.sealing_key()
    version = CIPHERS[settings.SEALING_CIPHER]
    place = f"{label}|{field}|"
    if version != 1:
        for plain, uid in zip(plains, uids, strict=True):
            yield seal(plain, (place + uid).encode()) if plain else None
        return
    head = bytes((version,)) + number.to_bytes(2, "big")
    bound = head + place.encode()
    encrypt = AESGCM(key).encrypt
    for (plain, uid), nonce in zip(zip(plains, uids, strict=True), _nonces(), strict=False):
        yield head + nonce + encrypt(nonce, plain.encode(), bound + uid.encode()) if plain else None


def _nonces() -> Iterator[bytes]:
    """Fresh nonces without end, read from the system some hundred at a time."""
    while True:
        block = os.urandom(_NONCE * 500)
        for start in range(0, len(block), _NONCE):
            yield block[start : start + _NONCE]


def unseal_many(tokens: Iterable, label: str, field: str, uids: Iterable[str]) -> Iterator[str]:
    """The texts of a column of tokens; an empty one gives ""."""
    place = f"{label}|{field}|"
    keys: dict[bytes, AESGCM] = {}
    for token, uid in zip(tokens, uids, strict=True):
        if token is None:
            yield ""
            continue
        token = bytes(token)
        head, bound = token[:3], (place + uid).encode()
        opener = keys.get(head)
        if opener is None and head[:1] == b"\x01":
            key = settings.KEYS.opening_key(int.from_bytes(head[1:3], "big"))
            opener = keys[head] = AESGCM(key) if key is not None else None
        if opener is None:
            yield unseal(token, bound)
            continue
        try:
            yield opener.decrypt(token[3:15], token[15:], head + bound).decode()
        except InvalidTag as error:
            raise SealBroken("加密内容校验不符：可能被改动过。请联系管理员核对备份。") from error


def blind_indexes(domain: str, plains: Iterable[str]) -> list[bytes | None]:
    """The blind index of each text, None for an empty one."""
    key, place = settings.KEYS.index, f"{domain}|".encode()
    digest = hmac.digest
    return [digest(key, place + plain.encode(), "sha256")[:16] if plain else None for plain in plains]
