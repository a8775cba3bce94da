"""Actions and models of audit entries in words."""

from django.apps import apps

from federation.actions import ACTIONS, VERBS


def action_words(action: str) -> str:
    """The action as a reader understands it; its dotted name where nothing better is known."""
    if action in ACTIONS:
        return ACTIONS[action]
    label, _, verb = action.rpartition(".")
    name = label_words(label)
    return f"{VERBS[verb]}{name}" if verb in VERBS and name != label else action


def label_words(label: str) -> str:
    """A model's Chinese name."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label
