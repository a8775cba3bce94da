"""Finding a village or community anywhere by what people call it: 「郭城驿镇 东山村」."""

from django.db.models import Q
from django.utils import timezone

from orgs.models import BodyKind, Level, Organisation

MOST = 30
_READ = 2000


def villages_called(text: str) -> tuple[list[tuple[Organisation, str]], bool]:
    """([(village, its place in words)], whether there are more): every word is in its name or in one above it.

    Names of bodies are open to everybody who logs in; nothing of their people is read.
    """
    words = text.split()
    if not words:
        return [], False
    steplen = Organisation.steplen
    named = Q()
    for word in words:
        named |= Q(name__contains=word) | Q(short_name__contains=word)
    live = Organisation.objects.of_kind(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE).live_on(timezone.localdate())
    villages = list(live.filter(named).order_by("path")[:_READ])
    above = {village.path[:end] for village in villages for end in range(steplen, len(village.path), steplen)}
    labels = {
        path: (short or name, f"{name} {short}")
        for path, name, short in Organisation.objects.filter(path__in=above).values_list("path", "name", "short_name")
    }
    found = []
    for village in villages:
        line = [labels.get(village.path[:end]) for end in range(steplen, len(village.path), steplen)]
        line = [each for each in line if each]
        whole = " ".join([*(names for _label, names in line), village.name, village.short_name])
        if all(word in whole for word in words):
            # County and township tell two villages of one name apart.
            found.append((village, " ".join([*(label for label, _names in line[-2:]), village.label])))
    return found[:MOST], len(found) > MOST
