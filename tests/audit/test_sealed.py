"""Sealed fields: what opens them, what does not, and that they never print themselves."""

import copy
import json
import logging
import pickle
import secrets
import uuid

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings as project
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder

from federation.shared.models import ChangeRecord
from federation.shared.rotation import reseal_everything, sealed_models
from federation.shared.sealed import (
    SealBroken,
    SealedText,
    blind_index,
    history_aad,
    key_number,
    mask,
    row_aad,
    seal,
    unseal,
)
from ledgers.models import DisabledPerson
from orgs.models import Worker
from tests.audit.conftest import ID_NUMBER, OTHER_ID_NUMBER, PHONE

AAD = row_aad("ledgers.disabledperson", "id_number", uuid.UUID(int=1))


@pytest.fixture(params=["aes-256-gcm", "sm4-gcm"])
def cipher(request, settings):
    settings.SEALING_CIPHER = request.param
    return request.param


def test_the_library_gives_the_published_vectors():
    # NIST SP 800-38D test case 16 (AES-256-GCM) and RFC 8998 appendix A.1 (SM4-GCM).
    aes_key = bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    extra = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = AESGCM(aes_key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, extra)
    assert sealed[-16:].hex() == "76fc6ece0f4e1768cddf8853bb2d551b"
    sm4 = Cipher(
        algorithms.SM4(bytes.fromhex("0123456789abcdeffedcba9876543210")),
        modes.GCM(bytes.fromhex("00001234567800000000abcd")),
    ).encryptor()
    sm4.authenticate_additional_data(extra)
    text = bytes.fromhex("".join(pair * 8 for pair in ("aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa")))
    assert (sm4.update(text) + sm4.finalize()).hex().startswith("17f399f08c67d5ee19d0dc9969c4bb7d")
    assert sm4.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


def test_what_was_sealed_opens_again(cipher):
    for plain in (ID_NUMBER, "", "汉字𠮷", "x" * 1000):
        assert unseal(seal(plain, AAD), AAD) == plain


def test_a_value_of_the_other_cipher_stays_readable_after_the_setting_changes(settings):
    settings.SEALING_CIPHER = "sm4-gcm"
    token = seal(ID_NUMBER, AAD)
    settings.SEALING_CIPHER = "aes-256-gcm"
    assert unseal(token, AAD) == ID_NUMBER


@pytest.mark.parametrize(
    "other",
    [
        row_aad("ledgers.disabledperson", "id_number", uuid.UUID(int=2)),
        row_aad("ledgers.disabledperson", "phone", uuid.UUID(int=1)),
        row_aad("orgs.worker", "id_number", uuid.UUID(int=1)),
        history_aad("ledgers.disabledperson", 1, 2, "id_number", 0),
        b"",
    ],
)
def test_a_value_moved_to_another_row_column_or_table_does_not_open(cipher, other):
    with pytest.raises(SealBroken):
        unseal(seal(ID_NUMBER, AAD), other)


def test_no_shortened_and_no_altered_value_opens(cipher):
    token = seal(ID_NUMBER, AAD)
    for length in range(len(token)):
        with pytest.raises(SealBroken):
            unseal(token[:length], AAD)
    for place in range(len(token)):
        altered = bytearray(token)
        altered[place] ^= 1
        with pytest.raises(SealBroken):
            unseal(bytes(altered), AAD)


def test_an_unknown_key_or_cipher_is_a_sentence(cipher):
    token = seal(ID_NUMBER, AAD)
    for head in (token[:1] + b"\xff\xff", b"\x07" + token[1:3]):
        with pytest.raises(SealBroken, match="密钥不在密钥文件中"):
            unseal(head + token[3:], AAD)


def test_no_nonce_comes_twice():
    nonces = {seal("x", AAD)[3:15] for _ in range(20_000)}
    assert len(nonces) == 20_000


def test_equal_numbers_have_equal_indexes_within_one_domain_only():
    assert blind_index("id_number", ID_NUMBER) == blind_index("id_number", ID_NUMBER)
    others = {blind_index("certificate", ID_NUMBER), blind_index("id_number", OTHER_ID_NUMBER)}
    assert blind_index("id_number", ID_NUMBER) not in others and len(others) == 2
    assert len(blind_index("id_number", ID_NUMBER)) == 16


@pytest.mark.parametrize(
    ("plain", "head", "tail", "masked"),
    [
        (ID_NUMBER, 6, 4, "629999********1238"),
        (PHONE, 3, 4, "139****0001"),
        ("6217000000000001234", 0, 4, "***************1234"),
        ("12345", 6, 4, "***45"),
        ("1", 6, 4, "*"),
        ("", 6, 4, ""),
    ],
)
def test_a_mask_keeps_the_ends_and_little_of_what_is_short(plain, head, tail, masked):
    assert mask(plain, head, tail) == masked


def sealed_value(plain=ID_NUMBER, stored=False):
    aad = row_aad("orgs.worker", "id_number", uuid.UUID(int=3))
    return (
        SealedText(aad=aad, kind="id_number", token=seal(plain, aad))
        if stored
        else SealedText(aad=aad, kind="id_number", plain=plain)
    )


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    "show",
    [
        str, repr, "{}".format, lambda value: f"{value!r:>30}", lambda value: "%s %r" % (value, value),  # noqa: UP031
        lambda value: json.dumps({"a": str(value)}), lambda value: str([value]), lambda value: str({"a": value}),
        lambda value: repr(ValueError(value)),
    ],
)  # fmt: skip
def test_a_sealed_value_prints_its_mask_only(stored, show):
    shown = show(sealed_value(stored=stored))
    assert ID_NUMBER not in shown and "629999********1238" in shown


@pytest.mark.parametrize(
    "carry",
    [
        json.dumps, lambda value: json.dumps(value, cls=DjangoJSONEncoder), pickle.dumps,
        lambda value: pickle.dumps([value]), hash, lambda value: {value},
    ],
)  # fmt: skip
def test_a_sealed_value_is_not_carried_out_by_accident(carry):
    with pytest.raises(TypeError):
        carry(sealed_value())


def test_copies_are_the_same_value():
    value = sealed_value()
    assert copy.copy(value) is value and copy.deepcopy([value])[0] is value


def test_a_sealed_value_in_a_log_line_is_its_mask(caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("number %s %r", sealed_value(), {"id": sealed_value()})
    assert ID_NUMBER not in caplog.text and "629999********1238" in caplog.text


def test_a_person_is_neither_pickled_nor_serialised(person):
    with pytest.raises(TypeError):
        pickle.dumps(DisabledPerson.objects.get(pk=person.pk).id_number)
    with pytest.raises(TypeError):
        serializers.serialize("json", [person])


def test_nothing_readable_lies_in_the_database(person):
    row = DisabledPerson.objects.values().get(pk=person.pk)
    stored = " ".join(
        bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value) for value in row.values()
    )
    for number in (ID_NUMBER, PHONE):
        assert number not in stored and number.encode().hex() not in stored


def test_a_token_copied_to_another_person_does_not_open(world, person, worker):
    other = DisabledPerson.objects.create(organisation=world.village, name="戊某", registered_on="2024-01-01")
    token = DisabledPerson.objects.values_list("id_number", flat=True).get(pk=person.pk)
    DisabledPerson.objects.filter(pk=other.pk).update(id_number=bytes(token))
    stolen = DisabledPerson.objects.get(pk=other.pk).id_number
    assert not stolen.is_readable() and str(stolen) == "（无法打开，请联系管理员）"


def test_a_number_is_found_by_its_exact_value(person):
    found = DisabledPerson.objects.filter(id_number_index=blind_index("id_number", ID_NUMBER))
    assert list(found) == [person]
    assert not DisabledPerson.objects.filter(id_number_index=blind_index("id_number", ID_NUMBER[:-1])).exists()


def test_emptying_a_number_empties_its_index(person):
    person.id_number = ""
    person.save()
    row = DisabledPerson.objects.values().get(pk=person.pk)
    assert (row["id_number"], row["id_number_index"]) == (None, None)


def test_many_rows_are_written_sealed_at_once(world):
    rows = [
        DisabledPerson(organisation=world.village, name="己某", id_number=number, registered_on="2024-01-01")
        for number in (ID_NUMBER, OTHER_ID_NUMBER)
    ]
    DisabledPerson.objects.bulk_create(rows)
    stored = DisabledPerson.objects.order_by("pk")
    assert [row.id_number.open_plain() for row in stored] == [ID_NUMBER, OTHER_ID_NUMBER]
    assert [bytes(row.id_number_index) for row in stored] == [
        blind_index("id_number", n) for n in (ID_NUMBER, OTHER_ID_NUMBER)
    ]


# --- changing the key -------------------------------------------------------------------------------


def numbers_of_keys():
    return {
        key_number(token)
        for model, fields in sealed_models()
        for field in fields
        for token in model._base_manager.exclude(**{field.name: None}).values_list(field.name, flat=True)
    }


def test_a_new_key_takes_over_every_value_and_all_stay_readable(world, person, worker):
    from federation.shared.history import save_versioned

    person.id_number = OTHER_ID_NUMBER
    record = save_versioned(person, by=world.member)
    number = project.KEYS.add_sealing_key()
    assert DisabledPerson.objects.get(pk=person.pk).id_number.open_plain() == OTHER_ID_NUMBER
    version = DisabledPerson.objects.values("version", "updated_at").get(pk=person.pk)
    tally = reseal_everything(settle=0)
    # Three of the person, three of the worker, two sides of the change.
    assert (tally.resealed, tally.broken, numbers_of_keys()) == (8, 0, {number})
    assert DisabledPerson.objects.get(pk=person.pk).id_number.open_plain() == OTHER_ID_NUMBER
    assert Worker.objects.get(pk=worker.pk).phone.open_plain() == PHONE
    assert str(ChangeRecord.objects.get(pk=record.pk).differences[0]).endswith("629999********0015")
    assert DisabledPerson.objects.values("version", "updated_at").get(pk=person.pk) == version
    assert reseal_everything(settle=0).resealed == 0


def test_a_value_that_does_not_open_is_counted_and_left(person, worker):
    DisabledPerson.objects.filter(pk=person.pk).update(phone=b"\x01\x00\x01" + b"0" * 40)
    project.KEYS.add_sealing_key()
    assert reseal_everything(settle=0).broken == 1
    assert bytes(DisabledPerson.objects.values_list("phone", flat=True).get(pk=person.pk)).endswith(b"0" * 40)


def test_another_process_notices_the_new_key(person, monkeypatch):
    from federation.shared import keys

    other = keys.KeyFile.load_or_create(project.KEYS.path)
    number = project.KEYS.add_sealing_key()
    assert other.sealing_current != number
    # A value of the new key makes it look at once; for its own writing it looks every few seconds.
    assert other.opening_key(number) == project.KEYS.sealing[number]
    third = keys.KeyFile.load_or_create(project.KEYS.path)
    newest = project.KEYS.add_sealing_key()
    monkeypatch.setattr(keys, "LOOK_AGAIN_SECONDS", -1)
    assert third.sealing_key()[0] == newest


def test_the_key_file_is_for_its_owner_alone_and_keeps_old_keys(tmp_path):
    from federation.shared.keys import KeyFile

    made = KeyFile.load_or_create(tmp_path / "keys" / "keys.json")
    first = dict(made.sealing)
    assert made.add_sealing_key() == 2
    read = KeyFile.load_or_create(tmp_path / "keys" / "keys.json")
    assert (read.sealing_current, read.sealing[1]) == (2, first[1])
    assert made.path.stat().st_mode & 0o777 == 0o400
    assert [path.name for path in made.path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"django_secret": "x"}'])
def test_a_key_file_that_cannot_be_used_is_a_sentence(tmp_path, content):
    from federation.shared.keys import KeyFile, KeyFileError

    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyFileError, match="请从备份中恢复该文件"):
        KeyFile.load_or_create(path)


def test_weak_keys_are_refused(tmp_path):
    from federation.shared.keys import KeyFile, KeyFileError

    made = KeyFile.load_or_create(tmp_path / "keys.json")
    made.audit = secrets.token_bytes(8)
    with pytest.raises(KeyFileError, match="过短"):
        made.check()
