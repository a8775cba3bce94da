"""Whether the audit log is as it was written: walks every chain and names the first record that is not.

The chain of hashes shows an edit, a gap and a swap to anyone. The seals, made with the audit key, show a tail
that somebody rebuilt, and the sealed head a tail that was cut off. A whole older copy of the table agrees with
itself; only heads kept elsewhere (`verify_audit --heads`, and the manifest of every backup) tell.
"""

import hmac
import json
from dataclasses import dataclass

from django.db import connections
from django.utils import timezone

from federation.shared import audit_triggers
from federation.shared.models.audit import CHAINS, GENESIS, AuditEntry, AuditHead, keyed


class HeadsUnreadable(Exception):
    """The file of exported heads is not one, or was changed."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, at which record. `number` 0 speaks of the chain as a whole."""

    chain: int
    number: int
    entry_id: int | None
    sentence: str

    def __str__(self):
        place = f"链 {self.chain} 第 {self.number} 号" if self.number else f"链 {self.chain}"
        row = f"（记录编号 {self.entry_id}）" if self.entry_id else ""
        return f"{place}{row}：{self.sentence}"


@dataclass(frozen=True)
class Result:
    """`faults` holds the first of every chain; `records` counts what was read."""

    records: int
    faults: list[Fault]


def check_log(using: str = "default", exported: dict | None = None, triggers: bool = True) -> Result:
    """Walk all chains; `exported` are heads kept elsewhere, as `export_heads` gave them."""
    faults, records = [], 0
    heads = {head.chain: head for head in AuditHead.objects.using(using).all()}
    wanted = {head["chain"]: head for head in exported["heads"]} if exported else {}
    for chain in range(CHAINS):
        count, fault = _check_chain(using, chain, heads.get(chain), wanted.get(chain))
        records += count
        if fault is not None:
            faults.append(fault)
    if triggers:
        faults += [
            Fault(0, 0, None, f"数据库触发器 {name} 不存在，记录可能被改动。请重新运行 migrate 或联系开发者。")
            for name in audit_triggers.missing(connections[using])
        ]
    return Result(records, faults)


def _check_chain(using, chain, head, wanted) -> tuple[int, Fault | None]:
    previous, number, fault = GENESIS, 0, None
    entries = AuditEntry.objects.using(using).filter(chain=chain).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        fault = _check_entry(entry, number + 1, previous)
        if fault is None and wanted and entry.number == wanted["count"] and entry.entry_hash != wanted["hash"]:
            fault = Fault(chain, entry.number, entry.pk, "与另存的链头不符：这条或之前的记录不是原来的记录。")
        if fault is not None:
            return number, fault
        previous, number = entry.entry_hash, entry.number
    return number, _check_end(chain, number, previous, head, wanted)


def _check_entry(entry, expected_number, previous) -> Fault | None:
    if entry.number != expected_number:
        return Fault(entry.chain, expected_number, None, f"缺失，下一条是第 {entry.number} 号：中间的记录被删除。")
    if entry.entry_hash != entry.hash_after(previous):
        return Fault(entry.chain, entry.number, entry.pk, "内容与校验值不符：这条记录被改动或调换。")
    if not hmac.compare_digest(entry.seal, keyed(entry.entry_hash)):
        return Fault(entry.chain, entry.number, entry.pk, "封印不符：从这条起的记录是重新编造的。")
    return None


def _check_end(chain, number, last_hash, head, wanted) -> Fault | None:
    if head is None:
        return Fault(chain, 0, None, "链头不存在：整条链可能被删除。")
    if head.count > number:
        return Fault(chain, number + 1, None, f"缺失：应有 {head.count} 条，末尾 {head.count - number} 条被删除。")
    if not hmac.compare_digest(head.seal, head.expected_seal()):
        return Fault(chain, number, None, "链头的封印不符：链头被改动。")
    if head.count != number or head.last_hash != last_hash:
        return Fault(chain, number, None, "链头与最后一条记录不符：链头或末尾的记录被换过。")
    if wanted and wanted["count"] > number:
        return Fault(
            chain,
            number + 1,
            None,
            f"缺失：另存的链头有 {wanted['count']} 条，这里只有 {number} 条，可能恢复过旧的副本。",
        )
    return None


def export_heads(using: str = "default") -> dict:
    """The ends of all chains, to be kept where the owner of this database cannot write."""
    heads = [
        {"chain": head.chain, "count": head.count, "hash": head.last_hash}
        for head in AuditHead.objects.using(using).order_by("chain")
    ]
    return {"at": timezone.now().isoformat(timespec="seconds"), "heads": heads, "seal": _heads_seal(heads)}


def read_heads(text: str) -> dict:
    """Exported heads from their file. Raises HeadsUnreadable."""
    try:
        exported = json.loads(text)
        seal = _heads_seal(exported["heads"])
        genuine = hmac.compare_digest(exported["seal"], seal)
    except (ValueError, KeyError, TypeError) as error:
        raise HeadsUnreadable("这不是 verify_audit --heads 写出的文件，请另选一个。") from error
    if not genuine:
        raise HeadsUnreadable("链头文件的封印不符：文件被改动过，或来自另一套系统。")
    return exported


def _heads_seal(heads: list) -> str:
    return keyed("heads|" + json.dumps(heads, sort_keys=True))
