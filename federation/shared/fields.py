"""Model fields of the house: the tree path, and the path copied onto every row a body owns."""

from django.core.exceptions import FieldDoesNotExist
from django.db import models

PATH_MAX_LENGTH = 64


class PathField(models.CharField):
    """A treebeard path. Compared byte by byte on both databases, so that a range is a subtree.

    A locale's collation may sort `~` before letters, and then `path < p + '~'` would cut the subtree off.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", PATH_MAX_LENGTH)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class OrgPathField(PathField):
    """The path where the row's organisation lies today, taken from it at every save.

    A move of the organisation rewrites it in the same transaction (`orgs.services`).
    """

    def __init__(self, *args, source="organisation", **kwargs):
        self.source = source
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self.source != "organisation":
            kwargs["source"] = self.source
        return name, path, args, kwargs

    def pre_save(self, instance, add):
        try:
            instance._meta.get_field(self.source)
        except FieldDoesNotExist:
            return super().pre_save(instance, add)
        # Read without loading the body again where the caller already has it.
        organisation = getattr(instance, self.source)
        value = organisation.path if organisation is not None else ""
        setattr(instance, self.attname, value)
        return value


def subtree(path: str, field: str = "path") -> models.Q:
    """The condition "this body and everything below it" as an index range on `field`."""
    return models.Q(**{f"{field}__gte": path, f"{field}__lt": path + "~"})
