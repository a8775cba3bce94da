"""What the tests of committee members share with those of bodies."""

from tests.orgs.conftest import browse, engage

__all__ = ["browse", "engage"]
