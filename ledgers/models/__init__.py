from ledgers.models.persons import DisabilityCategory, DisabilityGrade, DisabledPerson

__all__ = ["DisabilityCategory", "DisabilityGrade", "DisabledPerson"]
